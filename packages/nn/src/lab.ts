import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './initialisers.ts';
import { type Module, parameter } from './module.ts';

/** Learnable affine block of HGNetv2: one scale and one shift for the whole map. */
export const learnableAffine = (name: string): Module<Tensor, Tensor> => {
  const scale = parameter(`${name}.scale`, [1], constant(1));
  const bias = parameter(`${name}.bias`, [1], constant(0));
  return {
    parameters: [scale, bias],
    forward: (x, pass) =>
      tf.add(tf.mul(x, pass.parameter(scale.name) as Tensor1D), pass.parameter(bias.name) as Tensor1D),
  };
};
