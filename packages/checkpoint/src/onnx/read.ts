import { readFileSync } from 'node:fs';
import type { HostTensor } from '@detrain/core';
import { decodeModel, type Graph } from '@detrain/onnx/file';
import { checkpointError, inFile } from '../error.ts';
import { factsOf, type GraphFacts } from './facts.ts';
import { nameTensors, type UnnamedTensor } from './name-tensors.ts';

/** The weights of an official ONNX export. */
export interface OnnxWeights extends Pick<GraphFacts, 'inputSize' | 'numQueries'> {
  /** Float32, in PyTorch's layout, under the state-dict names of the deployed model: batch norms folded, training heads gone. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly numClasses?: number;
  /** Stored tensors of learned operations that got no name: a graph of another kind has some. */
  readonly unnamed: readonly UnnamedTensor[];
}

/** Half the largest shift in units of the scale, as in every published configuration (D-FINE section 3.1, `a`). */
const UP = 0.5;

const scalar = (value: number): HostTensor => ({ shape: [1], dtype: 'float32', data: Float32Array.of(value) });

/** D-FINE's two constants, which exports fold into its weighting function, whose last value is 2 up scale. */
const distributionConstants = (tensors: Map<string, HostTensor>, weighting: readonly number[]): void => {
  const last = weighting[weighting.length - 1] as number;
  const scale = Number(tensors.get('decoder.reg_scale')?.data[0] ?? last / (2 * UP));
  tensors.set('decoder.reg_scale', scalar(scale));
  tensors.set('decoder.up', scalar(last / (2 * scale)));
};

const decode = (bytes: Uint8Array): Graph => {
  try {
    return decodeModel(bytes);
  } catch (cause) {
    const [, seen = '', wanted = '', fix = ''] = /^onnx: (.*?)\. (.*)\. (.*)\.$/s.exec((cause as Error).message) ?? [];
    throw Object.assign(checkpointError('bad-onnx', seen, wanted, fix), { cause });
  }
};

/**
 * The weights in the bytes of an official ONNX export (D-FINE, DEIM, DEIMv2, RT-DETRv2: the PyTorch exporter that names its
 * operations after modules).
 *
 * @throws CheckpointError `bad-onnx` when the bytes are no whole ONNX model or keep their weights in another file,
 *   `no-weights` when no tensor can be named.
 */
export const decodeOnnxWeights = (bytes: Uint8Array): OnnxWeights => {
  const graph = decode(bytes);
  const { tensors, unnamed } = nameTensors(graph);
  if (tensors.size === 0)
    throw checkpointError(
      'no-weights',
      `an ONNX graph of ${graph.nodes.length} nodes and ${graph.constants.size} constants, none of which has an official name`,
      'an export of D-FINE, DEIM, DEIMv2 or RT-DETRv2 whose operations are named after modules (/model/backbone/…)',
      'Export it with the official export script, or load the .pth file behind it',
    );
  const { inputSize, numQueries, weighting } = factsOf(graph);
  const named = new Map(tensors);
  if (weighting) distributionConstants(named, weighting);
  const numClasses = named.get('decoder.enc_score_head.bias')?.shape[0];
  return {
    tensors: named,
    unnamed,
    ...(inputSize ? { inputSize } : {}),
    ...(numQueries === undefined ? {} : { numQueries }),
    ...(numClasses === undefined ? {} : { numClasses }),
  };
};

/** Reads the weights of an official ONNX export from a file. Throws as {@link decodeOnnxWeights}, with the file's name. */
export const readOnnxWeights = (file: string): OnnxWeights => {
  const bytes = readFileSync(file);
  try {
    return decodeOnnxWeights(bytes);
  } catch (error) {
    throw inFile(error, file);
  }
};
