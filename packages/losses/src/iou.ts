import type { Loss } from '@detrain/core/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { overlapWith } from './overlap.ts';

export interface IouOptions {
  /** `log`: minus its logarithm (UnitBox, Yu et al. 2016; FCOS); `linear`: 1 less it. Default 'log'. */
  readonly form?: 'log' | 'linear';
}

/** What the logarithm's IoU is at least: boxes that do not touch have no gradient. */
const LEAST = 1e-6;

/** How little each pair overlaps, by IoU. */
export const iou = ({ form = 'log' }: IouOptions = {}): Loss => ({
  name: 'iou',
  options: { form },
  set: 'shared',
  compute(predictions, targets, context) {
    const overlap = overlapWith(predictions, targets, context).iou;
    const distance = form === 'log' ? tf.neg(tf.log(tf.maximum(overlap, LEAST))) : tf.sub(1, overlap);
    const weight = tf.expandDims(targets.boxWeight, -1);
    return tf.div<tf.Scalar>(tf.sum(tf.mul(distance, weight)), targets.normalizer);
  },
});
