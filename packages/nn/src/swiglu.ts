import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { silu } from './activations.ts';
import { constant, xavierUniform } from './initialisers.ts';
import { linear } from './linear.ts';
import { type Module, parametersOf } from './module.ts';

/** Options of {@link swiglu}. */
export interface SwigluOptions {
  readonly dim: number;
  /** Width after the gate. */
  readonly hidden: number;
}

/** Gated feed-forward `w3(silu(a) b)` with `[a, b] = w12 x` (Shazeer 2020). */
export const swiglu = (name: string, { dim, hidden }: SwigluOptions): Module<Tensor, Tensor> => {
  const init = { weightInit: xavierUniform, biasInit: constant(0) };
  const enter = linear(`${name}.w12`, { in: dim, out: 2 * hidden, ...init });
  const leave = linear(`${name}.w3`, { in: hidden, out: dim, ...init });
  return {
    parameters: parametersOf(enter, leave),
    forward: (x, pass) => {
      const [a, b] = tf.split(enter.forward(x, pass), 2, -1) as [Tensor, Tensor];
      return leave.forward(tf.mul(silu(a), b), pass);
    },
  };
};
