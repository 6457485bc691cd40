import { fail } from '@detrain/core';
import type { Loss } from '@detrain/core/tensors';
import { stopGradient } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs-core';
import { twoBinTargets } from './bins.ts';
import { edges } from './fgl.ts';
import { cornersOf } from './overlap.ts';

export interface DflOptions {
  /** Sides of `reference` boxes in strides, the unit of distances. Default 8 (ATSS anchors). */
  readonly scale?: number;
}

/** Distances stay this far below the last bin, so that each has a bin above it. */
const MARGIN = 0.1;

/**
 * Distribution focal loss: cross entropy of each side's distribution towards the two bins, one a stride, around its distance from the
 * reference's centre, averaged over the four sides (Li et al. 2020, GFL, equation 6). Null without `corners`; throws without `reference` or
 * `regMax`.
 */
export const dfl = ({ scale = 8 }: DflOptions = {}): Loss => ({
  name: 'dfl',
  options: { scale },
  set: 'shared',
  compute({ corners, reference }, targets, { regMax }) {
    if (!corners) return null;
    if (!reference || !regMax)
      fail('losses', 'dfl without reference or regMax', 'Distances are measured from anchors', 'Give the head both');
    const [centre, size] = tf.split(stopGradient(reference), 2, -1) as [tf.Tensor, tf.Tensor];
    const { low, high } = cornersOf(targets.boxes);
    const unit = tf.mul(size, 1 / scale);
    const outwards = tf.concat([tf.sub(centre, low), tf.sub(high, centre)], -1);
    const distances = tf.clipByValue(tf.div(outwards, tf.concat([unit, unit], -1)), 0, regMax - MARGIN);
    const bins = Float32Array.from({ length: regMax + 1 }, (_, bin) => bin);
    const entropy = tf.neg(
      tf.sum(tf.mul(stopGradient(twoBinTargets(distances, bins)), tf.logSoftmax(edges(corners))), -1),
    );
    return tf.div<tf.Scalar>(tf.sum(tf.mul(tf.mean(entropy, -1), targets.boxWeight)), targets.normalizer);
  },
});
