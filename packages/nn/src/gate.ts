import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './initialisers.ts';
import { layerNorm, rmsNorm } from './layer-norm.ts';
import { linear } from './linear.ts';
import { type Module, parametersOf } from './module.ts';

/** Options of {@link gate}. */
export interface GateOptions {
  readonly dim: number;
  /** Default layer. */
  readonly norm?: 'layer' | 'rms';
}

/** A learned mix of two streams `[batch, queries, dim]` followed by a norm (D-FINE's gateway); starts at half and half. */
export const gate = (
  name: string,
  { dim, norm = 'layer' }: GateOptions,
): Module<readonly [Tensor3D, Tensor3D], Tensor3D> => {
  const weights = linear(`${name}.gate`, { in: 2 * dim, out: 2 * dim, weightInit: constant(0), biasInit: constant(0) });
  const finish = (norm === 'layer' ? layerNorm : rmsNorm)(`${name}.norm`, { dim });
  return {
    parameters: parametersOf(weights, finish),
    forward: ([a, b], pass) => {
      const both = tf.concat([a as Tensor, b as Tensor], -1);
      const mixed = tf.mul(tf.sigmoid(weights.forward(both, pass)), both);
      const [left, right] = tf.split(mixed, 2, -1) as [Tensor, Tensor];
      return finish.forward(tf.add(left, right), pass) as Tensor3D;
    },
  };
};
