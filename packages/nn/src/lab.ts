import type { Pass } from '@detrain/core/tensors';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './initialisers.ts';
import { type Module, parameter } from './module.ts';

/** The scale [1] and the shift [1] of the block of a name. */
export const affineTensors = (name: string, pass: Pass) => ({
  scale: pass.parameter(`${name}.scale`) as Tensor1D,
  bias: pass.parameter(`${name}.bias`) as Tensor1D,
});

/** Learnable affine block of HGNetv2: one scale and one shift for the whole map. */
export const learnableAffine = (name: string): Module<Tensor, Tensor> => ({
  parameters: [parameter(`${name}.scale`, [1], constant(1)), parameter(`${name}.bias`, [1], constant(0))],
  forward: (x, pass) => {
    const { scale, bias } = affineTensors(name, pass);
    return tf.add(tf.mul(x, scale), bias);
  },
});
