import type { DenseTargets, Loss, LossContext, Predictions } from '@detrain/core/tensors';
import { stopGradient } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs-core';
import { shared } from './cache.ts';
import { edges } from './fgl.ts';
import { overlapWith } from './overlap.ts';

export interface DdfOptions {
  /** Softening of both distributions. Default 5. */
  readonly temperature?: number;
}

/** The batch size that D-FINE's balance of matched and unmatched queries is stated for. */
const REFERENCE_BATCH = 8;

/** Candidates that answer for nothing and are not ignored `[batch, candidates]`. */
const negatives = (targets: DenseTargets): tf.Tensor => tf.mul(tf.sub(1, targets.positive), targets.classWeight);

const counts = (targets: DenseTargets, context: LossContext) =>
  shared(context, `ddf/counts/${targets.positive.id}`, () => {
    const negative = negatives(targets);
    return {
      negative,
      matched: targets.counts?.positives ?? tf.sum(targets.positive),
      unmatched: targets.counts?.negatives ?? tf.sum(negative),
    };
  });

/** sqrt of the number of edges, scaled to the reference batch: the balance is always that of the main group. */
const balance = (context: LossContext) =>
  shared(context, `ddf/balance/${context.main.positive.id}`, () => {
    const { matched, unmatched } = counts(context.main, context);
    const scale = (4 * REFERENCE_BATCH) / (context.main.positive.shape[0] as number);
    const positive = tf.sqrt(tf.mul(matched, scale));
    const negative = tf.sqrt(tf.mul(unmatched, scale));
    // Where every query is ignored both are 0, and so is the loss.
    return { positive, negative, sum: tf.maximum(tf.add(positive, negative), 1e-6) };
  });

const teacherOf = (teacher: Predictions & { corners: tf.Tensor3D }, temperature: number, context: LossContext) =>
  shared(context, `ddf/teacher/${teacher.corners.id}/${temperature}`, () => {
    const log = tf.logSoftmax(tf.mul(edges(stopGradient(teacher.corners)), 1 / temperature));
    const confidence = tf.sigmoid(tf.max(stopGradient(teacher.logits), -1));
    return { log, probability: tf.exp(log), confidence };
  });

/**
 * Decoupled distillation focal loss: pulls each layer's edge distributions towards the last layer's. Matched queries weigh their own
 * IoU, the others the teacher's confidence; both means are balanced by the square roots of their numbers. Not divided by the
 * normaliser. Only for layers before the last that have edge distributions. D-FINE (Peng et al. 2024), section 4.2.
 */
export const ddf = ({ temperature = 5 }: DdfOptions = {}): Loss => ({
  name: 'ddf',
  options: { temperature },
  set: 'shared',
  compute(predictions, targets, context) {
    const { corners } = predictions;
    const { teacher, role, last } = context;
    if (role !== 'layer' || last || !corners || !teacher?.corners) return null;
    const soft = teacherOf({ ...teacher, corners: teacher.corners }, temperature, context);
    const student = tf.logSoftmax(tf.mul(edges(corners), 1 / temperature));
    const divergence = tf.sum(tf.mul(soft.probability, tf.sub(soft.log, student)), [2, 3]);
    const { negative, matched, unmatched } = counts(targets, context);
    const iou = tf.squeeze(stopGradient(overlapWith(predictions, targets, context).iou), [-1]);
    const meanOver = (weight: tf.Tensor, count: tf.Tensor) =>
      tf.div(tf.sum(tf.mul(divergence, weight)), tf.maximum(count, 1));
    const share = balance(context);
    const mean = tf.add(
      tf.mul(meanOver(tf.mul(targets.positive, iou), matched), share.positive),
      tf.mul(meanOver(tf.mul(negative, soft.confidence), unmatched), share.negative),
    );
    // Means are over edges (four a query), and the divergence is scaled by the squared temperature.
    return tf.div<tf.Scalar>(tf.mul(mean, temperature ** 2 / 4), share.sum);
  },
});
