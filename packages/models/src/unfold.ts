import type { HostTensor } from '@detrain/core';
import type { Detector, ParameterSpec } from '@detrain/core/tensors';
import { BATCH_NORM_EPS, isInput } from '@detrain/nn';
import { findNorm } from './deploy.ts';
import { copyLastHeads } from './last-heads.ts';

/** A deployed model's tensors under the names of the trained model. */
export interface UnfoldedWeights {
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** Batch norms that were folded away. They change nothing now: their statistics are those of no data. */
  readonly norms: readonly string[];
}

const filled = (shape: readonly number[], value: number): HostTensor => ({
  shape,
  dtype: 'float32',
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value),
});

const times = ({ shape, data }: HostTensor, factor: number): HostTensor => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from(data as Float32Array, (value) => value * factor),
});

/** A 3x3 kernel as a 3x3 and a 1x1 one that share its centre: RepVGG's two branches. */
const branches = (kernel: HostTensor): readonly [wide: HostTensor, narrow: HostTensor] => {
  const wide = { ...kernel, data: Float32Array.from(kernel.data as Float32Array) };
  const narrow = filled([...kernel.shape.slice(0, 2), 1, 1], 0);
  narrow.data.forEach((_, i) => {
    wide.data[9 * i + 4] = (narrow.data as Float32Array)[i] = (kernel.data[9 * i + 4] as number) / 2;
  });
  return [wide, narrow];
};

/**
 * The reverse of deploying, as far as there is one: a convolution's bias goes to a batch norm that does nothing else, and a RepVGG
 * kernel is shared out to its branches, so that a file for inference (an ONNX export) can be trained again. The model then computes what
 * the file's does. Tensors that are not deployed are given back as they are; heads that only training has stay missing.
 *
 * @param specs the trained model's parameters
 */
export const unfoldWeights = (
  specs: readonly ParameterSpec[],
  tensors: ReadonlyMap<string, HostTensor>,
): UnfoldedWeights => {
  const names = new Set(specs.filter(isInput).map(({ name }) => name));
  const result = new Map(tensors);
  const norms: string[] = [];
  const put = (conv: string, kernel: HostTensor, bias: HostTensor) => {
    const norm = findNorm(names, conv) as string;
    result.set(`${conv}.weight`, kernel);
    result.set(`${norm}.weight`, filled(bias.shape, 1));
    result.set(`${norm}.bias`, bias);
    result.set(`${norm}.running_mean`, filled(bias.shape, 0));
    // With what the norm adds to the variance, it divides by exactly 1.
    result.set(`${norm}.running_var`, filled(bias.shape, 1 - BATCH_NORM_EPS));
    norms.push(norm);
  };
  for (const [name, bias] of tensors) {
    if (!name.endsWith('.bias') || names.has(name)) continue;
    const conv = name.slice(0, -'.bias'.length);
    const kernel = tensors.get(`${conv}.weight`);
    const block = conv.slice(0, conv.lastIndexOf('.'));
    if (!kernel) continue;
    if (names.has(`${conv}.weight`) && findNorm(names, conv)) put(conv, kernel, bias);
    else if (findNorm(names, `${block}.conv1.conv`) && findNorm(names, `${block}.conv2.conv`)) {
      const [wide, narrow] = branches(kernel);
      result.delete(`${conv}.weight`);
      put(`${block}.conv1.conv`, wide, times(bias, 0.5));
      put(`${block}.conv2.conv`, narrow, times(bias, 0.5));
    } else continue;
    result.delete(name);
  }
  return { tensors: result, norms };
};

/** A training model's tensors, and where each comes from, by name. */
export interface TrainableWeights {
  readonly parameters: Map<string, HostTensor>;
  /** As the deployed model has them. */
  readonly kept: readonly string[];
  /** Of convolutions and batch norms that together do what a folded convolution did. */
  readonly unfolded: readonly string[];
  /** Heads that only training has, copied from the last layer's. */
  readonly copied: readonly string[];
  /** Fresh: nothing in the deployed model tells them (the denoising embedding). */
  readonly invented: readonly string[];
}

/**
 * The whole state of a detector in training from a deployed one's, with the same outputs outside training.
 *
 * Folding lost the batch norms' statistics; in their place stand mean 0 and variance 1, which is exact as long as norms use running
 * statistics. Before training with those of the batch, `calibrate` of @detrain/trainer must measure them.
 *
 * @param deployed as `deploy` or an official ONNX export gives them, with the detector's classes
 * @param fresh first values of all of the detector's tensors
 * @throws Error when a tensor is in neither.
 */
export const trainableWeights = (
  detector: Pick<Detector, 'name' | 'parameters'>,
  deployed: ReadonlyMap<string, HostTensor>,
  fresh: ReadonlyMap<string, HostTensor>,
): TrainableWeights => {
  const { tensors } = unfoldWeights(detector.parameters, deployed);
  const names = detector.parameters.filter(isInput).map(({ name }) => name);
  const missing = names.filter((name) => !tensors.has(name));
  const parameters = new Map<string, HostTensor>();
  for (const name of names) {
    const tensor = tensors.get(name) ?? fresh.get(name);
    if (!tensor)
      throw new Error(
        `@detrain/models: no tensor ${name} in the deployed model, and no first value. ${detector.name} wants one. Pass a whole state as fresh values.`,
      );
    parameters.set(name, { ...tensor, data: tensor.data.slice() });
  }
  const copied = copyLastHeads(parameters, missing);
  return {
    parameters,
    kept: names.filter((name) => tensors.has(name) && tensors.get(name) === deployed.get(name)),
    unfolded: names.filter((name) => tensors.has(name) && tensors.get(name) !== deployed.get(name)),
    copied,
    invented: missing.filter((name) => !copied.includes(name)),
  };
};
