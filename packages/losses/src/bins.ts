import { fail } from '@detrain/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * The distances that the bins of an edge distribution stand for, ascending `[regMax + 1]`: fine around 0, coarse outwards.
 * D-FINE (Peng et al. 2024), equation 3 with a = up * scale.
 *
 * @throws Where `regMax` is odd or below 4.
 */
export const binDistances = (regMax: number, regScale: number, up = 0.5): Float32Array => {
  if (!(regMax >= 4 && regMax % 2 === 0))
    fail(
      'losses',
      `regMax ${regMax}`,
      'An even number from 4 on is wanted',
      'Use the regMax of the decoder (32 in all published configurations)',
    );
  const a = up * Math.abs(regScale);
  const step = (a + 1) ** (2 / (regMax - 2));
  const middle = regMax / 2;
  const distances = new Float32Array(regMax + 1);
  for (let k = 1; k < middle; k++) {
    distances[middle + k] = step ** k - 1;
    distances[middle - k] = 1 - step ** k;
  }
  distances[0] = -2 * a;
  distances[regMax] = 2 * a;
  return distances;
};

/**
 * The target distribution over bins of edge distances: each distance is shared by its two neighbouring bins in inverse proportion to
 * how far they are, and goes whole to the first or last bin when outside (D-FINE, equation 5).
 *
 * @param distances `[…, 4]`
 * @returns `[…, 4, regMax + 1]`
 */
export const twoBinTargets = (distances: tf.Tensor, bins: Float32Array): tf.Tensor => {
  const n = bins.length;
  const at = (i: number) => bins[i] as number;
  // A hat function a bin: rising from the bin below, falling to the bin above; the outer bins have no slope on their outer side.
  const rise = Float32Array.from(bins, (w, i) => (i === 0 ? 1 : 1 / (w - at(i - 1))));
  const fall = Float32Array.from(bins, (w, i) => (i === n - 1 ? 1 : 1 / (at(i + 1) - w)));
  const below = Float32Array.from(bins, (w, i) => (i === 0 ? w - 1 : at(i - 1)));
  const above = Float32Array.from(bins, (w, i) => (i === n - 1 ? w + 1 : at(i + 1)));
  const d = tf.expandDims(tf.clipByValue(distances, at(0), at(n - 1)), -1);
  const rising = tf.mul(tf.sub(d, tf.tensor1d(below)), tf.tensor1d(rise));
  const falling = tf.mul(tf.sub(tf.tensor1d(above), d), tf.tensor1d(fall));
  return tf.clipByValue(tf.minimum(rising, falling), 0, 1);
};

/**
 * How far each edge of a box lies from where a reference box has it, in units of the reference's size / `regScale`
 * `[…, 4]` = left, top, right, bottom; the inverse of D-FINE's refinement (equation 2).
 *
 * @param reference cx cy w h `[…, 4]`
 * @param low x1 y1 of the box `[…, 2]`
 * @param high x2 y2 of the box `[…, 2]`
 */
export const edgeDistances = (reference: tf.Tensor, low: tf.Tensor, high: tf.Tensor, regScale: number): tf.Tensor => {
  const scale = Math.abs(regScale);
  const [centre, size] = tf.split(reference, 2, -1) as [tf.Tensor, tf.Tensor];
  const unit = tf.add(tf.mul(size, 1 / scale), 1e-16);
  const outwards = tf.concat([tf.sub(centre, low), tf.sub(high, centre)], -1);
  return tf.sub(tf.div(outwards, tf.concat([unit, unit], -1)), 0.5 * scale);
};
