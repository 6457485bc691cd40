import type { Loss } from '@detrain/core/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { classSum } from './classification.ts';

/** Softmax cross entropy over the classes and, last, the background: logits are `[batch, candidates, numClasses + 1]` (Fast R-CNN). */
export const crossEntropy = (): Loss => ({
  name: 'cross-entropy',
  options: {},
  set: 'own',
  compute({ logits }, targets) {
    const hot = tf.oneHot(targets.labels, logits.shape[2], 1, 0, 'float32');
    return classSum(tf.neg(tf.mul(hot, tf.logSoftmax(logits))), targets);
  },
});
