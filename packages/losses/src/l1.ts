import type { Loss } from '@detrain/core/tensors';
import * as tf from '@tensorflow/tfjs-core';

/** The L1 distance of boxes as cx cy w h, summed over the four numbers; named `bbox` as in the official logs (DETR, section 3.1). */
export const l1 = (): Loss => ({
  name: 'bbox',
  options: {},
  set: 'shared',
  compute({ boxes }, targets) {
    const distance = tf.sum(tf.abs(tf.sub(boxes, targets.boxes)), -1);
    return tf.div<tf.Scalar>(tf.sum(tf.mul(distance, targets.boxWeight)), targets.normalizer);
  },
});
