import { fail } from '@detrain/core';
import type { DenseTargets, Loss, LossContext, Predictions } from '@detrain/core/tensors';
import { stopGradient } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs-core';
import { binDistances, edgeDistances, twoBinTargets } from './bins.ts';
import { shared } from './cache.ts';
import { cornersOf, overlapWith } from './overlap.ts';

/** Edge distributions as `[batch, candidates, 4, bins]`. */
export const edges = (corners: tf.Tensor3D): tf.Tensor4D => {
  const [batch, candidates, size] = corners.shape;
  return tf.reshape(corners, [batch, candidates, 4, size / 4]);
};

const targetDistributions = (reference: tf.Tensor3D, targets: DenseTargets, context: LossContext): tf.Tensor => {
  const { regMax, regScale } = context;
  if (regMax === undefined || regScale === undefined)
    return fail(
      'losses',
      'fgl without regMax and regScale',
      'The detector must give both',
      'Use a decoder with edge distributions, or leave fgl out',
    );
  return shared(context, `fgl/${reference.id}/${targets.boxes.id}`, () => {
    const { low, high } = shared(context, `corners/${targets.boxes.id}`, () => cornersOf(targets.boxes));
    return twoBinTargets(edgeDistances(stopGradient(reference), low, high, regScale), binDistances(regMax, regScale));
  });
};

/**
 * Fine-grained localisation loss: cross entropy of each edge's distribution towards the two bins around the target, weighed by the
 * IoU of the output's own box. Only for decoder layers with edge distributions. D-FINE (Peng et al. 2024), section 4.1.
 */
export const fgl = (): Loss => ({
  name: 'fgl',
  options: {},
  set: 'shared',
  compute(predictions: Predictions, targets, context) {
    const { corners, reference } = predictions;
    if (context.role !== 'layer' || !corners || !reference) return null;
    const likelihood = tf.mul(tf.logSoftmax(edges(corners)), targetDistributions(reference, targets, context));
    const iou = tf.squeeze(stopGradient(overlapWith(predictions, targets, context).iou), [-1]);
    const weighed = tf.mul(tf.sum(likelihood, [2, 3]), tf.mul(iou, targets.boxWeight));
    return tf.div<tf.Scalar>(tf.neg(tf.sum(weighed)), targets.normalizer);
  },
});
