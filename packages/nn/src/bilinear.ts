import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './tape.ts';

/** The size of a map. */
export interface MapSize {
  readonly height: number;
  readonly width: number;
}

/** Points of one map and their weights, each `[rows, queries, points]`; coordinates in pixels, 0 at a cell's centre. */
export interface WeightedPoints {
  readonly x: Tensor3D;
  readonly y: Tensor3D;
  readonly weight: Tensor3D;
}

const range = (count: number, shape: number[]) =>
  tf.tensor(
    Float32Array.from({ length: count }, (_, i) => i),
    shape,
  );

/** max(0, 1 - |u|): the share of a point that a cell at distance u has. */
const hat = (u: Tensor) => tf.relu(tf.sub(1, tf.abs(u)));

/** Derivative of the hats by the coordinate, from the right at whole numbers: +1 in the cell above, -1 in the cell below. */
const hatSlope = (coordinate: Tensor, cells: Tensor) => {
  const steps = tf.sub(cells, tf.floor(coordinate));
  return tf.sub(tf.cast(tf.equal(steps, 1), 'float32'), tf.cast(tf.equal(steps, 0), 'float32'));
};

/**
 * Sum over points of weight times the bilinear sample of a map, zero outside, `[rows, queries, d]`
 * (torch's grid_sample with align_corners=false, where pixel = location * size - 0.5).
 *
 * Bilinear weights are products of a row hat and a column hat, so each query's points make a small matrix over the map,
 * `M = sum_p w_p hat(y - y_p) hat(x - x_p)`, and the sample is `M V`. Only matrix products: no gather, no scatter, hence
 * the same result in any order of threads. The gradient is the closed form and recomputes M instead of keeping it.
 *
 * @param value the map's tokens, row-major `[rows, height * width, d]`
 */
export const sampleBilinear = (value: Tensor3D, points: WeightedPoints, { height, width }: MapSize): Tensor3D => {
  const [rows, queries, count] = points.x.shape;
  const cells = height * width;
  const flat = rows * queries;
  /** `[flat, height, points]` and `[flat, points, width]`. */
  const layout = (x: Tensor, y: Tensor, weight: Tensor) => ({
    x: tf.reshape(x, [flat, count, 1]),
    y: tf.reshape(y, [flat, 1, count]),
    weight: tf.reshape(weight, [flat, 1, count]),
    columns: range(width, [1, 1, width]),
    lines: range(height, [1, height, 1]),
  });
  const mapOf = (hatX: Tensor, hatY: Tensor, weight: Tensor) =>
    tf.reshape(tf.matMul(tf.mul(hatY, weight), hatX), [rows, queries, cells]) as Tensor3D;

  return differentiable<Tensor3D>(
    [value, points.x, points.y, points.weight],
    (save) => {
      save([value, points.x, points.y, points.weight]);
      const at = layout(points.x, points.y, points.weight);
      const map = mapOf(hat(tf.sub(at.x, at.columns)), hat(tf.sub(at.y, at.lines)), at.weight);
      return tf.matMul(map, value) as Tensor3D;
    },
    (dy, [tokens, x, y, weight]) => {
      const at = layout(x!, y!, weight!);
      const hatX = hat(tf.sub(at.x, at.columns));
      const hatY = hat(tf.sub(at.y, at.lines));
      const dTokens = tf.matMul(mapOf(hatX, hatY, at.weight), dy, true, false);
      const dMap = tf.reshape(tf.matMul(dy, tokens as Tensor3D, false, true), [flat, height, width]);
      const acrossX = tf.matMul(hatY, dMap, true, false); // [flat, points, width]
      const acrossY = tf.matMul(dMap, hatX, false, true); // [flat, height, points]
      const shape = [rows, queries, count];
      const along = (slope: Tensor, flow: Tensor, axis: number) => tf.reshape(tf.sum(tf.mul(slope, flow), axis), shape);
      return [
        dTokens,
        tf.mul(along(hatSlope(at.x, at.columns), acrossX, 2), weight!),
        tf.mul(along(hatSlope(at.y, at.lines), acrossY, 1), weight!),
        along(hatX, acrossX, 2),
      ];
    },
  );
};
