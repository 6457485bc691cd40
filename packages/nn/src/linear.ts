import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type Initialiser, torchBias, torchDefault } from './initialisers.ts';
import { type Module, parameter } from './module.ts';

/** x W^T + b over the last axis, for a weight `[out, in]`. */
export const project = <T extends Tensor>(x: T, weight: Tensor2D, bias?: Tensor1D): T => {
  const out = weight.shape[0];
  const flat = tf.reshape(x, [-1, weight.shape[1]]) as Tensor2D;
  const product = tf.matMul(flat, weight, false, true);
  return tf.reshape(bias ? tf.add(product, bias) : product, [...x.shape.slice(0, -1), out]) as T;
};

/** Options of {@link linear}. */
export interface LinearOptions {
  readonly in: number;
  readonly out: number;
  /** Default true. */
  readonly bias?: boolean;
  /** Default PyTorch's. */
  readonly weightInit?: Initialiser;
  /** Default PyTorch's. */
  readonly biasInit?: Initialiser;
}

/** A linear map of the last axis `[..., in]` to `[..., out]`; weight `[out, in]`. */
export const linear = (name: string, options: LinearOptions): Module<Tensor, Tensor> => {
  const { in: inputs, out, bias = true, weightInit = torchDefault, biasInit = torchBias(inputs) } = options;
  const weight = parameter(`${name}.weight`, [out, inputs], weightInit);
  const shift = parameter(`${name}.bias`, [out], biasInit);
  return {
    parameters: bias ? [weight, shift] : [weight],
    forward: (x, pass) =>
      project(x, pass.parameter(weight.name) as Tensor2D, bias ? (pass.parameter(shift.name) as Tensor1D) : undefined),
  };
};
