import type { DenseTargets, LossContext, Predictions } from '@detrain/core/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { shared } from './cache.ts';

/** Corners and area of boxes: `low` and `high` are `[…, 2]`, `area` is `[…, 1]`. */
export interface Corners {
  readonly low: tf.Tensor;
  readonly high: tf.Tensor;
  readonly area: tf.Tensor;
}

/** IoU and generalised IoU, candidate by candidate `[batch, candidates, 1]`. */
export interface Overlap {
  readonly iou: tf.Tensor3D;
  readonly giou: tf.Tensor3D;
}

const product = (pair: tf.Tensor): tf.Tensor => {
  const [a, b] = tf.split(pair, 2, -1) as [tf.Tensor, tf.Tensor];
  return tf.mul(a, b);
};

/** The corners of boxes given as cx cy w h `[…, 4]`; negative sizes count as 0, as in D-FINE. */
export const cornersOf = (boxes: tf.Tensor): Corners => {
  const [centre, size] = tf.split(boxes, 2, -1) as [tf.Tensor, tf.Tensor];
  const extent = tf.relu(size);
  const half = tf.mul(extent, 0.5);
  return { low: tf.sub(centre, half), high: tf.add(centre, half), area: product(extent) };
};

/** IoU and generalised IoU (Rezatofighi et al. 2019) of boxes side by side, with gradients. */
export const overlapOf = (a: Corners, b: Corners): Overlap => {
  const inter = product(tf.relu(tf.sub(tf.minimum(a.high, b.high), tf.maximum(a.low, b.low))));
  const union = tf.sub(tf.add(a.area, b.area), inter);
  const hull = product(tf.sub(tf.maximum(a.high, b.high), tf.minimum(a.low, b.low)));
  const iou = tf.div(inter, union) as tf.Tensor3D;
  return { iou, giou: tf.sub(iou, tf.div(tf.sub(hull, union), hull)) };
};

/** The overlap of predicted boxes with their targets, computed once a step. */
export const overlapWith = (predictions: Predictions, targets: DenseTargets, context: LossContext): Overlap => {
  const corners = (boxes: tf.Tensor) => shared(context, `corners/${boxes.id}`, () => cornersOf(boxes));
  return shared(context, `overlap/${predictions.boxes.id}/${targets.boxes.id}`, () =>
    overlapOf(corners(predictions.boxes), corners(targets.boxes)),
  );
};
