import type { Loss } from '@detrain/core/tensors';
import { stopGradient } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs-core';
import { binaryCrossEntropy, classSum, oneHot, power, type QualitySource, qualityOf } from './classification.ts';

export interface VflOptions {
  /** Factor on the weight of negatives. Default 0.75. */
  readonly alpha?: number;
  /** Exponent of the probability in the weight of negatives. Default 2. */
  readonly gamma?: number;
  readonly quality?: QualitySource;
}

/**
 * Varifocal loss: binary cross entropy towards the IoU, positives weigh the IoU, negatives alpha p^gamma.
 * VarifocalNet (Zhang et al. 2021), equation 2, as RT-DETR and D-FINE use it.
 */
export const vfl = ({ alpha = 0.75, gamma = 2, quality = 'iou' }: VflOptions = {}): Loss => ({
  name: 'vfl',
  options: { alpha, gamma, quality },
  set: 'own',
  compute(predictions, targets, context) {
    const { logits } = predictions;
    const hot = oneHot(targets, logits.shape[2]);
    const probability = stopGradient(tf.sigmoid(logits));
    const target = tf.mul(hot, qualityOf(quality, predictions, targets, context)) as tf.Tensor3D;
    const negative = tf.mul(power(probability, gamma), alpha);
    const weight = tf.add(tf.mul(negative, tf.sub(1, hot)), target);
    return classSum(tf.mul(weight, binaryCrossEntropy(logits, probability, target)), targets);
  },
});
