import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './initialisers.ts';
import { inverseRoot } from './inverse-root.ts';
import { type Module, parameter } from './module.ts';
import { differentiable } from './tape.ts';

const leadingAxes = (x: Tensor) => Array.from({ length: x.rank - 1 }, (_, i) => i);

/** Options of {@link layerNorm} and {@link rmsNorm}. */
export interface NormOptions {
  readonly dim: number;
  /** Default 1e-5 for layer norm, 1e-6 for RMS norm. */
  readonly eps?: number;
}

/** Layer normalisation over the last axis, as one tape entry; parameters `name.weight` and `name.bias`. */
export const layerNorm = (name: string, { dim, eps = 1e-5 }: NormOptions): Module<Tensor, Tensor> => {
  const weight = parameter(`${name}.weight`, [dim], constant(1));
  const bias = parameter(`${name}.bias`, [dim], constant(0));
  return {
    parameters: [weight, bias],
    forward: (x, pass) => {
      const w = pass.parameter(weight.name) as Tensor1D;
      const b = pass.parameter(bias.name) as Tensor1D;
      return differentiable(
        [x, w, b],
        (save) => {
          const centred = tf.sub(x, tf.mean(x, -1, true));
          const inverse = inverseRoot(tf.add(tf.mean(tf.square(centred), -1, true), eps));
          const normal = tf.mul(centred, inverse);
          save([normal, inverse, w]);
          return tf.add(tf.mul(normal, w), b);
        },
        (dy, [normal, inverse, scale]) => {
          const inner = tf.mul(dy, scale!);
          const across = tf.mul(dy, normal!);
          const along = tf.mul(normal!, tf.mean(tf.mul(across, scale!), -1, true));
          const dx = tf.mul(tf.sub(tf.sub(inner, tf.mean(inner, -1, true)), along), inverse!);
          const axes = leadingAxes(dy);
          return [dx, tf.sum(across, axes), tf.sum(dy, axes)];
        },
      );
    },
  };
};

/** Root-mean-square normalisation over the last axis, as one tape entry; parameter `name.scale`. Zhang & Sennrich 2019. */
export const rmsNorm = (name: string, { dim, eps = 1e-6 }: NormOptions): Module<Tensor, Tensor> => {
  const scale = parameter(`${name}.scale`, [dim], constant(1));
  return {
    parameters: [scale],
    forward: (x, pass) => {
      const w = pass.parameter(scale.name) as Tensor1D;
      return differentiable(
        [x, w],
        (save) => {
          const inverse = inverseRoot(tf.add(tf.mean(tf.square(x), -1, true), eps));
          const normal = tf.mul(x, inverse);
          save([normal, inverse, w]);
          return tf.mul(normal, w);
        },
        (dy, [normal, inverse, factor]) => {
          const across = tf.mul(dy, normal!);
          const along = tf.mul(normal!, tf.mean(tf.mul(across, factor!), -1, true));
          return [tf.mul(tf.sub(tf.mul(dy, factor!), along), inverse!), tf.sum(across, leadingAxes(dy))];
        },
      );
    },
  };
};
