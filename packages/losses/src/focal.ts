import type { Loss } from '@detrain/core/tensors';
import { stopGradient } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs-core';
import { binaryCrossEntropy, classSum, oneHot } from './classification.ts';

export interface FocalOptions {
  /** Weight of positives; negatives weigh 1 - alpha. Default 0.25. */
  readonly alpha?: number;
  /** Exponent of the probability of the wrong answer. Default 2. */
  readonly gamma?: number;
}

/** Sigmoid focal loss towards one-hot targets (Lin et al. 2017, equation 5); the gradient goes through its weight, too. */
export const focal = ({ alpha = 0.25, gamma = 2 }: FocalOptions = {}): Loss => ({
  name: 'focal',
  options: { alpha, gamma },
  set: 'own',
  compute({ logits }, targets) {
    const hot = oneHot(targets, logits.shape[2]);
    const p = tf.sigmoid(logits);
    const wrong = tf.add(p, tf.mul(hot, tf.sub(1, tf.mul(p, 2))));
    const modulation = gamma === 2 ? tf.square(wrong) : tf.pow(wrong, gamma);
    const balance = tf.add(tf.mul(hot, 2 * alpha - 1), 1 - alpha);
    const entropy = binaryCrossEntropy(logits, stopGradient(p), hot);
    return classSum(tf.mul(balance, tf.mul(modulation, entropy)), targets);
  },
});
