import type { Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Constants of fine-grained distribution refinement (D-FINE section 3.1, `N`, `a` and `c` there). */
export interface FdrOptions {
  /** Bins per edge less one; even. */
  readonly regMax: number;
  /** Half the largest shift in units of regScale. */
  readonly up: number;
  /** Curvature: larger values give finer steps near zero. */
  readonly regScale: number;
}

/**
 * The weighting function W(n): how far each bin shifts an edge, `[regMax + 1]`, in units of the side over regScale.
 * Steps grow geometrically from the middle; the two outer bins are twice the last step's bound. D-FINE equation 4.
 */
export const weightingFunction = ({ regMax, up, regScale }: FdrOptions): Float32Array => {
  const bound = Math.abs(up) * Math.abs(regScale);
  const step = (bound + 1) ** (2 / (regMax - 2));
  const half = regMax / 2;
  return Float32Array.from({ length: regMax + 1 }, (_, n) => {
    const k = Math.abs(n - half);
    const size = k === half ? 2 * bound : step ** k - 1;
    return n < half ? -size : size;
  });
};

/** Distributions over bins per edge `[batch, queries, 4, bins]` from logits `[batch, queries, 4 * bins]`. */
export const edgeDistributions = (corners: Tensor3D, bins: number): Tensor4D => {
  const [batch, queries] = corners.shape;
  return tf.softmax(tf.reshape(corners, [batch, queries, 4, bins])) as Tensor4D;
};

/** Expected shift per edge `[batch, queries, 4]` of distributions `[batch, queries, 4, bins]`; weights `[bins]`. */
export const expectedShifts = (distributions: Tensor4D, weights: Float32Array): Tensor3D => {
  const [batch, queries, edges, bins] = distributions.shape;
  const flat = tf.reshape(distributions, [batch * queries * edges, bins]) as Tensor2D;
  return tf.reshape(tf.matMul(flat, tf.tensor2d(weights, [bins, 1])), [batch, queries, edges]) as Tensor3D;
};

/**
 * Boxes from reference boxes and shifts of their edges: cx cy w h `[batch, queries, 4]` of references cx cy w h and
 * shifts of the left, top, right and bottom edges outward, in units of the side over regScale.
 */
export const shiftEdges = (reference: Tensor3D, shifts: Tensor3D, regScale: number): Tensor3D => {
  const centre = tf.slice(reference, [0, 0, 0], [-1, -1, 2]);
  const size = tf.slice(reference, [0, 0, 2], [-1, -1, 2]);
  const low = tf.slice(shifts, [0, 0, 0], [-1, -1, 2]);
  const high = tf.slice(shifts, [0, 0, 2], [-1, -1, 2]);
  const unit = tf.mul(size, 1 / regScale);
  const moved = tf.add(centre, tf.mul(tf.sub(high, low), tf.mul(unit, 0.5)));
  return tf.concat([moved, tf.add(size, tf.mul(tf.add(low, high), unit))], 2) as Tensor3D;
};
