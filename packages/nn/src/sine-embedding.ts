import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Options of {@link sineEmbedding}. */
export interface SineEmbeddingOptions {
  /** Channels for each number, even. Default 128. */
  readonly dim?: number;
  /** Default 10000. */
  readonly temperature?: number;
  /**
   * Which number comes first: `yx`, the second before the first, then w and h (Conditional DETR, DAB-DETR, DINO), or `xy`, as they are
   * (proposals of Deformable DETR and DETA). Default 'yx'.
   */
  readonly order?: 'yx' | 'xy';
}

const yFirst = (positions: Tensor): Tensor => {
  const [x, y, ...size] = tf.split(positions, positions.shape[positions.rank - 1] as number, -1) as [Tensor, Tensor];
  return tf.concat([y, x, ...size], -1);
};

/**
 * Sine embedding of places or boxes, with a gradient: sine and cosine by turns, number by number
 * (Liu et al. 2022, DAB-DETR, section 4.2; Meng et al. 2021, Conditional DETR).
 *
 * @param positions x y or cx cy w h in [0, 1] `[…, 2 or 4]`
 * @returns `[…, numbers * dim]`
 */
export const sineEmbedding = (
  positions: Tensor,
  { dim = 128, temperature = 10000, order = 'yx' }: SineEmbeddingOptions = {},
): Tensor => {
  const numbers = positions.shape[positions.rank - 1] as number;
  const leading = positions.shape.slice(0, -1);
  if (!(numbers === 2 || numbers === 4) || dim % 2 !== 0)
    throw new Error(
      `@detrain/nn: a sine embedding of [${positions.shape}] with ${dim} channels. 2 or 4 numbers and an even number of channels are wanted. Check both.`,
    );
  const frequencies = Float32Array.from({ length: dim / 2 }, (_, i) => (2 * Math.PI) / temperature ** ((2 * i) / dim));
  const angles = tf.mul(tf.expandDims(order === 'xy' ? positions : yFirst(positions), -1), tf.tensor1d(frequencies));
  return tf.reshape(tf.stack([tf.sin(angles), tf.cos(angles)], -1), [...leading, numbers * dim]);
};
