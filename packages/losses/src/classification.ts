import { fail } from '@detrain/core';
import type { DenseTargets, LossContext, Predictions } from '@detrain/core/tensors';
import { stopGradient } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs-core';
import { overlapWith } from './overlap.ts';

/** Where a loss takes the quality of a positive from: the IoU of the output's own box, or the assignment. */
export type QualitySource = 'iou' | 'assigned';

/** Quality of each candidate as a class target, without gradient `[batch, candidates, 1]`. */
export const qualityOf = (
  source: QualitySource,
  predictions: Predictions,
  targets: DenseTargets,
  context: LossContext,
): tf.Tensor3D => {
  if (source === 'iou') return stopGradient(overlapWith(predictions, targets, context).iou);
  if (!targets.quality)
    fail(
      'losses',
      'targets without quality',
      "`quality: 'assigned'` needs one",
      "Use an assigner that gives a quality, or `quality: 'iou'`",
    );
  return tf.expandDims(targets.quality, -1);
};

/** One-hot class targets `[batch, candidates, classes]`; a row of zeros for background. */
export const oneHot = (targets: DenseTargets, numClasses: number): tf.Tensor3D =>
  // tf.oneHot wants two classes at least; of one class, 0 is the class and 1 the background
  numClasses === 1
    ? tf.expandDims<tf.Tensor3D>(tf.sub(1, tf.cast(targets.labels, 'float32')), -1)
    : (tf.oneHot(targets.labels, numClasses, 1, 0, 'float32') as tf.Tensor3D);

/**
 * Binary cross entropy of logits, elementwise, exact for large logits; its gradient reuses the probabilities.
 *
 * @param probability sigmoid(logits), no gradient.
 * @param target Soft targets in [0, 1], no gradient.
 */
export const binaryCrossEntropy = <T extends tf.Tensor>(logits: T, probability: T, target: T): T =>
  tf.customGrad((x, save) => {
    (save as tf.GradSaveFunc)([probability, target]);
    return {
      value: tf.sub(tf.softplus(x as T), tf.mul(x as T, target)),
      gradFunc: (dy: tf.Tensor, [p, t]: tf.Tensor[]) => tf.mul(dy, tf.sub(p as tf.Tensor, t as tf.Tensor)),
    };
  })(logits) as T;

/** x ** exponent of x >= 0, with cheap forms of the exponents that papers use; its gradient at 0 may be NaN. */
export const power = <T extends tf.Tensor>(x: T, exponent: number): T => {
  if (exponent === 1) return x;
  if (exponent === 1.5) return tf.mul(x, tf.sqrt(x));
  if (exponent === 2) return tf.square(x);
  return tf.pow(x, exponent);
};

/** The weighted sum of a class loss `[batch, candidates, classes]`, divided by the normaliser. */
export const classSum = (values: tf.Tensor, targets: DenseTargets): tf.Scalar =>
  tf.div(tf.sum(tf.mul(tf.sum(values, -1), targets.classWeight)), targets.normalizer);
