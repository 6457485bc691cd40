import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { MapSize, WeightedPoints } from './bilinear.ts';

const range = (count: number, shape: number[]) =>
  tf.tensor(
    Float32Array.from({ length: count }, (_, i) => i),
    shape,
  );

/** max(0, 1 - |u|): the share of a point that a cell at distance u has. */
const hat = (u: Tensor) => tf.relu(tf.sub(1, tf.abs(u)));

/**
 * Bilinear sampling of a map as a matrix over its cells `[rows, queries, height * width]`: a sample's shares are products
 * of a row hat and a column hat, so `sum_p w_p hat(y - y_p) hat(x - x_p)` is a small matrix product per query.
 */
export const hatMatrix = (points: WeightedPoints, { height, width }: MapSize): Tensor3D => {
  const [rows, queries, count] = points.x.shape;
  const flat = rows * queries;
  const across = hat(tf.sub(tf.reshape(points.x, [flat, count, 1]), range(width, [1, 1, width])));
  const down = hat(tf.sub(tf.reshape(points.y, [flat, 1, count]), range(height, [1, height, 1])));
  const weighted = tf.mul(down, tf.reshape(points.weight, [flat, 1, count]));
  return tf.reshape(tf.matMul(weighted, across), [rows, queries, height * width]) as Tensor3D;
};
