import type { Loss } from '@detrain/core/tensors';
import { stopGradient } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs-core';
import { binaryCrossEntropy, classSum, oneHot } from './classification.ts';

/** Binary cross entropy of every class towards one-hot targets: objectness of a region proposal network (Ren et al. 2015). */
export const bce = (): Loss => ({
  name: 'bce',
  options: {},
  set: 'own',
  compute({ logits }, targets) {
    const probability = stopGradient(tf.sigmoid(logits));
    return classSum(binaryCrossEntropy(logits, probability, oneHot(targets, logits.shape[2])), targets);
  },
});
