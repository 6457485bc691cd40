import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { normal } from './initialisers.ts';
import { type Module, parameter } from './module.ts';
import { stopGradient } from './tape.ts';

/** Options of {@link embedding}. */
export interface EmbeddingOptions {
  readonly count: number;
  readonly dim: number;
  /** The last row keeps its value and gets no gradient (torch's padding_idx). Default false. */
  readonly lastIsPadding?: boolean;
}

/**
 * Rows of a table by index: int32 `[batch, tokens]` to `[batch, tokens, dim]`; weight `[count, dim]`.
 *
 * A product with one-hot rows, so that the gradient of repeated indices is a matrix product with a fixed order.
 */
export const embedding = (name: string, options: EmbeddingOptions): Module<Tensor2D, Tensor3D> => {
  const { count, dim, lastIsPadding = false } = options;
  const weight = parameter(`${name}.weight`, [count, dim], (shape, rng) => {
    const table = normal(1)(shape, rng);
    if (lastIsPadding) table.fill(0, (count - 1) * dim);
    return table;
  });
  return {
    parameters: [weight],
    forward: (indices, pass) => {
      const [batch, tokens] = indices.shape;
      const stored = pass.parameter(weight.name) as Tensor2D;
      const table = lastIsPadding
        ? tf.concat(
            [tf.slice(stored, [0, 0], [count - 1, dim]), stopGradient(tf.slice(stored, [count - 1, 0], [1, dim]))],
            0,
          )
        : stored;
      const rows = tf.oneHot(tf.reshape(indices, [batch * tokens]) as tf.Tensor1D, count, 1, 0, 'float32') as Tensor2D;
      return tf.reshape(tf.matMul(rows, table), [batch, tokens, dim]) as Tensor3D;
    },
  };
};
