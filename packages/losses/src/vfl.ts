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
  /** Whether the gradient goes through the weight of negatives, too, as in VarifocalNet's own code. Default false, as in RT-DETR. */
  readonly throughWeight?: boolean;
}

/**
 * Varifocal loss: binary cross entropy towards the IoU, positives weigh the IoU, negatives alpha p^gamma.
 * VarifocalNet (Zhang et al. 2021), equation 2, as RT-DETR and D-FINE use it.
 */
export const vfl = ({ alpha = 0.75, gamma = 2, quality = 'iou', throughWeight = false }: VflOptions = {}): Loss => ({
  name: 'vfl',
  options: { alpha, gamma, quality, throughWeight },
  set: 'own',
  compute(predictions, targets, context) {
    const { logits } = predictions;
    const hot = oneHot(targets, logits.shape[2]);
    const probability = stopGradient(tf.sigmoid(logits));
    const target = tf.mul(hot, qualityOf(quality, predictions, targets, context)) as tf.Tensor3D;
    const weighing = throughWeight ? tf.sigmoid(logits) : probability;
    const negative = tf.mul(power(weighing, gamma), alpha);
    const weight = tf.add(tf.mul(negative, tf.sub(1, hot)), target);
    return classSum(tf.mul(weight, binaryCrossEntropy(logits, probability, target)), targets);
  },
});
