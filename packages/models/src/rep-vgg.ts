import { type ActivationName, activation, type Module, parametersOf } from '@detrain/nn';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { convNorm } from './conv-norm.ts';

/** Options of {@link repVgg}. */
export interface RepVggOptions {
  readonly channels: number;
  readonly activation: ActivationName;
  /** One 3x3 convolution with bias that does the same (deployed models). Default false. */
  readonly fused?: boolean;
}

/** A 3x3 and a 1x1 convolution, each with batch norm, added and activated (RepVGG, Ding et al. 2021). */
export const repVgg = (
  name: string,
  { channels, activation: act, fused = false }: RepVggOptions,
): Module<Tensor4D, Tensor4D> => {
  if (fused) return convNorm(name, { in: channels, out: channels, kernel: 3, activation: act, fused });
  const wide = convNorm(`${name}.conv1`, { in: channels, out: channels, kernel: 3 });
  const narrow = convNorm(`${name}.conv2`, { in: channels, out: channels });
  const finish = activation(act);
  return {
    parameters: parametersOf(wide, narrow),
    forward: (x, pass) => finish(tf.add(wide.forward(x, pass), narrow.forward(x, pass))),
  };
};
