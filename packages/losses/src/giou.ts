import type { Loss } from '@detrain/core/tensors';
import { stopGradient } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs-core';
import { overlapWith } from './overlap.ts';

export interface GiouOptions {
  /** Weighs each pair by its own IoU or GIoU, without gradient (D-FINE's `boxes_weight_format`). Default 'none'. */
  readonly weightBy?: 'none' | 'iou' | 'giou';
}

/** 1 - GIoU of each pair (Rezatofighi et al. 2019). */
export const giou = ({ weightBy = 'none' }: GiouOptions = {}): Loss => ({
  name: 'giou',
  options: { weightBy },
  set: 'shared',
  compute(predictions, targets, context) {
    const overlap = overlapWith(predictions, targets, context);
    const boxWeight = tf.expandDims(targets.boxWeight, -1);
    const weight = weightBy === 'none' ? boxWeight : tf.mul(boxWeight, stopGradient(overlap[weightBy]));
    return tf.div<tf.Scalar>(tf.sum(tf.mul(tf.sub(1, overlap.giou), weight)), targets.normalizer);
  },
});
