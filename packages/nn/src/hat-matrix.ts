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
  // Cells last on both sides: rows of a few points would be four times slower.
  const hats = (at: Tensor3D, cells: number) =>
    hat(tf.sub(tf.reshape(at, [flat, count, 1]), range(cells, [1, 1, cells])));
  const weighted = tf.mul(hats(points.y, height), tf.reshape(points.weight, [flat, count, 1]));
  const shares = tf.matMul(weighted, hats(points.x, width), true, false);
  return tf.reshape(shares, [rows, queries, height * width]) as Tensor3D;
};
