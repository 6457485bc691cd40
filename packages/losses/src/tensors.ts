import type { DenseTargets, Predictions } from '@detrain/core/tensors';
import * as tf from '@tensorflow/tfjs-core';
import type { DenseHost } from './densify.ts';

/** Dense targets of one set as tensors, for a loop of one's own and for tests; the caller disposes them. */
export const toTensors = (host: DenseHost): DenseTargets => {
  const shape: [number, number] = [host.batch, host.candidates];
  return {
    labels: tf.tensor2d(host.labels, shape, 'int32'),
    boxes: tf.tensor3d(host.boxes, [...shape, 4]),
    positive: tf.tensor2d(host.positive, shape),
    classWeight: tf.tensor2d(host.classWeight, shape),
    boxWeight: tf.tensor2d(host.boxWeight, shape),
    quality: tf.tensor2d(host.quality, shape),
    normalizer: tf.scalar(host.normalizer),
  };
};

/** Predictions with every candidate repeated `slots` times, slot by slot, as `densify` lays out targets `[batch, slots * candidates, …]`. */
export const repeatCandidates = (predictions: Predictions, slots: number): Predictions => {
  if (slots === 1) return predictions;
  const repeat = (x: tf.Tensor3D) => tf.concat3d(new Array<tf.Tensor3D>(slots).fill(x), 1);
  return {
    logits: repeat(predictions.logits),
    boxes: repeat(predictions.boxes),
    ...(predictions.corners && { corners: repeat(predictions.corners) }),
    ...(predictions.reference && { reference: repeat(predictions.reference) }),
    ...(predictions.quality && { quality: tf.tile(predictions.quality, [1, slots]) }),
  };
};
