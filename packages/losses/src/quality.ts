import type { Loss } from '@detrain/core/tensors';
import { stopGradient } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs-core';
import { binaryCrossEntropy, type QualitySource, qualityOf } from './classification.ts';

export interface QualityOptions {
  /** Default 'assigned': the centerness that ATSS and FCOS assign; 'iou' for PAA. */
  readonly quality?: QualitySource;
}

/**
 * Binary cross entropy of the positives' `quality` logits towards their centerness or IoU (FCOS, Tian et al. 2019, section 3.3). Null where
 * the head has no such branch.
 */
export const quality = ({ quality: source = 'assigned' }: QualityOptions = {}): Loss => ({
  name: 'quality',
  options: { quality: source },
  set: 'own',
  compute(predictions, targets, context) {
    const logits = predictions.quality;
    if (!logits) return null;
    const target = tf.squeeze<tf.Tensor2D>(qualityOf(source, predictions, targets, context), [-1]);
    const entropy = binaryCrossEntropy(logits, stopGradient(tf.sigmoid(logits)), target);
    return tf.div<tf.Scalar>(tf.sum(tf.mul(entropy, targets.positive)), targets.normalizer);
  },
});
