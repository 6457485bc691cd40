import { toHost } from './dtypes.ts';
import { readSafetensors } from './file.ts';
import { readOnnxWeights } from './onnx/read.ts';
import { readPth } from './pth/read-pth.ts';
import { startOf } from './sniff.ts';
import type { WeightsFile, WeightsFileOptions } from './weights-file.ts';

const fromSafetensors = (file: string): WeightsFile => {
  const { tensors: stored, metadata } = readSafetensors(file);
  const tensors = new Map(Object.entries(stored).map(([name, tensor]) => [name, toHost(tensor)]));
  const dtypes = [...new Set(Object.values(stored).map(({ dtype }) => dtype))];
  return { tensors, metadata, source: 'safetensors', dtypes };
};

const fromOnnx = (file: string): WeightsFile => {
  const { tensors, unnamed, ...facts } = readOnnxWeights(file);
  const metadata = Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, JSON.stringify(value)]));
  return { tensors, metadata, source: 'onnx', dtypes: ['F32'] };
};

/**
 * Reads a file of weights: safetensors, a PyTorch checkpoint or an ONNX model, told apart by content.
 *
 * @throws CheckpointError naming the file and what is wrong with it.
 */
export const readWeightsFile = async (file: string, options: WeightsFileOptions = {}): Promise<WeightsFile> => {
  const start = startOf(file);
  if (start === 'onnx') return fromOnnx(file);
  return start === 'safetensors' ? fromSafetensors(file) : readPth(file, options);
};
