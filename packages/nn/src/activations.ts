import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './tape.ts';

/** Names of the activations that models are built with. */
export type ActivationName = 'relu' | 'silu' | 'gelu' | 'sigmoid' | 'none';

/** max(x, 0). */
export const relu = <T extends Tensor>(x: T): T => tf.relu(x);

/** 1 / (1 + exp(-x)). */
export const sigmoid = <T extends Tensor>(x: T): T => tf.sigmoid(x);

/** x sigmoid(x), as one tape entry. */
export const silu = <T extends Tensor>(x: T): T =>
  differentiable<T>(
    [x],
    (save) => {
      const gate = tf.sigmoid(x);
      const value = tf.mul(x, gate) as T;
      save([gate, value]);
      return value;
    },
    (dy, [gate, value]) => [tf.mul(dy, tf.add(gate!, tf.mul(value!, tf.sub(1, gate!))))],
  );

/** x Phi(x) with the normal distribution's exact Phi (not the tanh approximation), as one tape entry. */
export const gelu = <T extends Tensor>(x: T): T => {
  const phi = (t: Tensor) => tf.mul(tf.add(tf.erf(tf.mul(t, Math.SQRT1_2)), 1), 0.5);
  return differentiable<T>(
    [x],
    (save) => {
      save([x]);
      return tf.mul(x, phi(x)) as T;
    },
    (dy, [saved]) => {
      const density = tf.mul(tf.exp(tf.mul(tf.square(saved!), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return [tf.mul(dy, tf.add(phi(saved!), tf.mul(saved!, density)))];
    },
  );
};

/** The activation of a name; `none` returns its input. */
export const activation = (name: ActivationName): (<T extends Tensor>(x: T) => T) => {
  if (name === 'relu') return relu;
  if (name === 'silu') return silu;
  if (name === 'gelu') return gelu;
  if (name === 'sigmoid') return sigmoid;
  return (x) => x;
};
