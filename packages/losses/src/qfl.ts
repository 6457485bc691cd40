import type { Loss } from '@detrain/core/tensors';
import { stopGradient } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs-core';
import { binaryCrossEntropy, classSum, oneHot, type QualitySource, qualityOf } from './classification.ts';

export interface QflOptions {
  /** Exponent of the distance between probability and target. Default 2. */
  readonly beta?: number;
  readonly quality?: QualitySource;
}

/**
 * Quality focal loss: binary cross entropy towards the IoU, weighed by how far the probability is from it (Li et al. 2020, GFL,
 * equation 5); the gradient goes through the weight, too.
 */
export const qfl = ({ beta = 2, quality = 'iou' }: QflOptions = {}): Loss => ({
  name: 'qfl',
  options: { beta, quality },
  set: 'own',
  compute(predictions, targets, context) {
    const { logits } = predictions;
    const hot = oneHot(targets, logits.shape[2]);
    const target = tf.mul(hot, qualityOf(quality, predictions, targets, context)) as tf.Tensor3D;
    const p = tf.sigmoid(logits);
    const distance = tf.sub(target, p);
    const modulation = beta === 2 ? tf.square(distance) : tf.pow(tf.abs(distance), beta);
    return classSum(tf.mul(modulation, binaryCrossEntropy(logits, stopGradient(p), target)), targets);
  },
});
