import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { differentiable, withoutTape } from './tape.ts';

/** Rows of a flattened `[batch * tokens, ...]` that indices `[batch, count]` name. */
const flatRows = (indices: Tensor2D, tokens: number): Tensor => {
  const [batch, count] = indices.shape;
  if (batch === 1) return tf.reshape(indices, [count]);
  const offsets = tf.tensor2d(
    Int32Array.from({ length: batch }, (_, i) => i * tokens),
    [batch, 1],
    'int32',
  );
  return tf.reshape(tf.add(indices, offsets), [batch * count]);
};

/**
 * Tokens of each image by index: `[batch, tokens, dim]` and `[batch, count]` to `[batch, count, dim]`.
 *
 * The gradient writes each row once, so indices must be unique within an image (as top-k's are); then it does not
 * depend on the order of additions.
 */
export const takeTokens = (x: Tensor3D, indices: Tensor2D): Tensor3D => {
  const [batch, tokens, dim] = x.shape;
  const count = indices.shape[1];
  const rows = withoutTape(() => flatRows(indices, tokens));
  return differentiable<Tensor3D>(
    [x],
    (save) => {
      save([rows]);
      const taken = tf.gather(tf.reshape(x, [batch * tokens, dim]), rows as tf.Tensor1D);
      return tf.reshape(taken, [batch, count, dim]) as Tensor3D;
    },
    (dy, [where]) => {
      const flat = tf.reshape(dy, [batch * count, dim]);
      const at = tf.reshape(where!, [batch * count, 1]);
      return [tf.reshape(tf.scatterND(at, flat, [batch * tokens, dim]), [batch, tokens, dim])];
    },
  );
};

/** Indices of the largest scores of each row, best first `[rows, k]` int32; without gradient. */
export const topkIndices = (scores: Tensor2D, k: number): Tensor2D =>
  withoutTape(() => tf.topk(scores, k, true).indices as Tensor2D);

/** The k largest values of the last axis, best first `[..., k]`, with a gradient. */
export const topkValues = <T extends Tensor>(x: T, k: number): T => {
  const depth = x.shape[x.rank - 1] as number;
  return differentiable<T>(
    [x],
    (save) => {
      const { values, indices } = tf.topk(x, k, true);
      save([indices]);
      return values as T;
    },
    (dy, [indices]) => {
      const chosen = tf.oneHot(tf.reshape(indices!, [-1]) as tf.Tensor1D, depth, 1, 0, 'float32');
      const spread = tf.mul(chosen, tf.reshape(dy, [-1, 1]));
      return [tf.reshape(tf.sum(tf.reshape(spread, [-1, k, depth]), 1), x.shape)];
    },
  );
};
