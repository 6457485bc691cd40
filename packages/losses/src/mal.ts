import type { Loss } from '@detrain/core/tensors';
import { stopGradient } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs-core';
import { binaryCrossEntropy, classSum, oneHot, power, type QualitySource, qualityOf } from './classification.ts';

export interface MalOptions {
  /** Exponent of the quality in the target and of the probability in the weight of negatives. Default 1.5. */
  readonly gamma?: number;
  /** Factor on the weight of negatives; 1 where absent, as in the published configurations. */
  readonly alpha?: number;
  readonly quality?: QualitySource;
}

/**
 * Matchability-aware loss: binary cross entropy towards IoU^gamma, positives weigh 1, negatives p^gamma.
 * DEIM (Huang et al. 2025), section 3.3.
 */
export const mal = ({ gamma = 1.5, alpha = 1, quality = 'iou' }: MalOptions = {}): Loss => ({
  name: 'mal',
  options: { gamma, alpha, quality },
  set: 'own',
  compute(predictions, targets, context) {
    const { logits } = predictions;
    const hot = oneHot(targets, logits.shape[2]);
    const probability = stopGradient(tf.sigmoid(logits));
    const target = tf.mul(hot, power(qualityOf(quality, predictions, targets, context), gamma)) as tf.Tensor3D;
    const negative = alpha === 1 ? power(probability, gamma) : tf.mul(power(probability, gamma), alpha);
    const weight = tf.add(tf.mul(negative, tf.sub(1, hot)), hot);
    return classSum(tf.mul(weight, binaryCrossEntropy(logits, probability, target)), targets);
  },
});
