import type { Loss } from '@detrain/core/tensors';
import * as tf from '@tensorflow/tfjs-core';

export interface SmoothL1Options {
  /** Differences below this are squared, in the unit of the boxes. Default 1; region proposal networks use 1/9. */
  readonly beta?: number;
}

/** The smooth L1 distance of boxes as cx cy w h, summed over the four numbers (Girshick 2015, Fast R-CNN, equation 3). */
export const smoothL1 = ({ beta = 1 }: SmoothL1Options = {}): Loss => ({
  name: 'smooth-l1',
  options: { beta },
  set: 'shared',
  compute({ boxes }, targets) {
    const difference = tf.abs(tf.sub(boxes, targets.boxes));
    const small = tf.minimum(difference, beta);
    // d^2 / (2 beta) below beta, d - beta / 2 from there on, without a branch
    const distance = tf.sum(tf.mul(small, tf.sub(tf.mul(difference, 1 / beta), tf.mul(small, 0.5 / beta))), -1);
    return tf.div<tf.Scalar>(tf.sum(tf.mul(distance, targets.boxWeight)), targets.normalizer);
  },
});
