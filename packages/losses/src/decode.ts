import * as tf from '@tensorflow/tfjs-core';

export interface DecodeDeltasOptions {
  /** What offsets are multiplied by. Default `[1, 1, 1, 1]`; ATSS, RetinaNet and R-CNN heads use `[0.1, 0.1, 0.2, 0.2]`. */
  readonly stds?: readonly number[];
  /** Sizes stay within this factor of the anchor's, and its inverse. Default 16 / 1000. */
  readonly ratioClip?: number;
}

/**
 * Boxes cx cy w h `[…, 4]` from offsets dx dy dw dh of anchors cx cy w h, with gradients (Girshick et al. 2014, appendix C). The host's
 * form of it is `deltaCoder` of @detrain/anchors.
 */
export const decodeDeltas = (
  deltas: tf.Tensor,
  anchors: tf.Tensor,
  { stds = [1, 1, 1, 1], ratioClip = 16 / 1000 }: DecodeDeltasOptions = {},
): tf.Tensor => {
  const [centre, size] = tf.split(anchors, 2, -1) as [tf.Tensor, tf.Tensor];
  const [shift, growth] = tf.split(tf.mul(deltas, tf.tensor1d([...stds])), 2, -1) as [tf.Tensor, tf.Tensor];
  const most = Math.abs(Math.log(ratioClip));
  return tf.concat(
    [tf.add(centre, tf.mul(shift, size)), tf.mul(size, tf.exp(tf.clipByValue(growth, -most, most)))],
    -1,
  );
};

/** Boxes cx cy w h `[…, 4]` from distances left, top, right, bottom of points x y `[…, 2]`, with gradients (FCOS, equation 1). */
export const decodeSides = (distances: tf.Tensor, points: tf.Tensor): tf.Tensor => {
  const [first, last] = tf.split(distances, 2, -1) as [tf.Tensor, tf.Tensor];
  return tf.concat([tf.add(points, tf.mul(tf.sub(last, first), 0.5)), tf.add(first, last)], -1);
};

/**
 * The distances `[…, 4]` that distributions over bins 0 … regMax stand for, their means, from logits `[…, 4 * (regMax + 1)]`
 * (GFL's integral, Li et al. 2020, equation 4).
 */
export const expectedSides = (corners: tf.Tensor, regMax: number): tf.Tensor => {
  const bins = tf.reshape(corners, [...corners.shape.slice(0, -1), 4, regMax + 1]);
  return tf.sum(tf.mul(tf.softmax(bins), tf.range(0, regMax + 1)), -1);
};
