import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './initialisers.ts';
import { type Module, parameter } from './module.ts';
import { differentiable, withoutTape } from './tape.ts';

const AXES = [0, 1, 2];

/** What batch norms add to the variance, unless told otherwise. */
export const BATCH_NORM_EPS = 1e-5;

/** Options of {@link batchNorm}. */
export interface BatchNormOptions {
  readonly channels: number;
  /** All four tensors are constants and there is no counter. Default false. */
  readonly frozen?: boolean;
  /** Default {@link BATCH_NORM_EPS}. */
  readonly eps?: number;
  /** Share of the batch's statistics in the new running ones. Default 0.1, as PyTorch. */
  readonly momentum?: number;
}

/** (x - mean) / sqrt(variance + eps) weight + bias with statistics that are constants. */
const normalizeFixed = (
  x: Tensor4D,
  weight: Tensor1D,
  bias: Tensor1D,
  mean: Tensor1D,
  variance: Tensor1D,
  eps: number,
) =>
  differentiable<Tensor4D>(
    [x, weight, bias],
    (save) => {
      const inverse = tf.rsqrt(tf.add(variance, eps));
      save([x, mean, inverse, tf.mul(weight, inverse)]);
      return tf.batchNorm(x, mean, variance, bias, weight, eps) as Tensor4D;
    },
    (dy, [input, centre, inverse, scale]) => [
      tf.mul(dy, scale!),
      tf.mul(tf.sum(tf.mul(dy, tf.sub(input!, centre!)), AXES), inverse!),
      tf.sum(dy, AXES),
    ],
  );

/**
 * The mean per channel, rows first: a float32 sum of a whole map would be off by some 1e-6 of itself, and move every
 * activation of the channel by that; in two stages it is ten times closer.
 */
export const channelMean = (x: Tensor4D): Tensor1D => tf.mean(tf.mean(x, 2), [0, 1]) as Tensor1D;

/** Normalises by the batch's own mean and biased variance; the gradient is the closed form, one tape entry. */
const normalizeBatch = (x: Tensor4D, weight: Tensor1D, bias: Tensor1D, eps: number) => {
  const { mean, variance, centred } = withoutTape(() => {
    const centre = channelMean(x);
    const difference = tf.sub(x, centre) as Tensor4D;
    return { mean: centre, variance: channelMean(tf.square(difference) as Tensor4D), centred: difference };
  });
  const count = x.size / x.shape[3];
  const value = differentiable<Tensor4D>(
    [x, weight, bias],
    (save) => {
      const inverse = tf.rsqrt(tf.add(variance, eps));
      const scale = tf.mul(weight, inverse);
      save([centred, inverse, scale]);
      return tf.add(tf.mul(centred, scale), bias);
    },
    (dy, [difference, inverse, scale]) => {
      const dBias = tf.sum(dy, AXES);
      const projection = tf.sum(tf.mul(dy, difference!), AXES);
      const slope = tf.mul(tf.mul(projection, tf.square(inverse!)), 1 / count);
      const dx = tf.mul(tf.sub(tf.sub(dy, tf.mul(dBias, 1 / count)), tf.mul(difference!, slope)), scale!);
      return [dx, tf.mul(projection, inverse!), dBias];
    },
  );
  return { value, mean, variance, count };
};

/**
 * Batch normalisation of NHWC maps, functional: where the pass asks for batch statistics, the new running mean and
 * (unbiased) variance are recorded with `pass.update`, and the caller stores them. Frozen statistics are used as they are.
 */
export const batchNorm = (name: string, options: BatchNormOptions): Module<Tensor4D, Tensor4D> => {
  const { channels, frozen = false, eps = BATCH_NORM_EPS, momentum = 0.1 } = options;
  const shape = [channels];
  const learned = frozen ? 'frozen' : 'trainable';
  const running = frozen ? 'frozen' : 'statistic';
  const [weight, bias, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(
    (part) => `${name}.${part}`,
  ) as [string, string, string, string];
  return {
    parameters: [
      parameter(weight, shape, constant(1), learned),
      parameter(bias, shape, constant(0), learned),
      parameter(mean, shape, constant(0), running),
      parameter(variance, shape, constant(1), running),
      ...(frozen ? [] : [parameter(`${name}.num_batches_tracked`, [], constant(0), 'counter')]),
    ],
    forward: (x, pass) => {
      pass.observe?.(name, x);
      const w = pass.parameter(weight) as Tensor1D;
      const b = pass.parameter(bias) as Tensor1D;
      const oldMean = pass.parameter(mean) as Tensor1D;
      const oldVariance = pass.parameter(variance) as Tensor1D;
      if (!pass.batchStatistics || frozen || pass.isFrozen(mean))
        return normalizeFixed(x, w, b, oldMean, oldVariance, eps);
      const batch = normalizeBatch(x, w, b, eps);
      withoutTape(() => {
        const blend = (old: Tensor1D, now: Tensor1D, factor: number) =>
          tf.add(tf.mul(old, 1 - momentum), tf.mul(now, momentum * factor));
        pass.update(mean, blend(oldMean, batch.mean, 1));
        pass.update(variance, blend(oldVariance, batch.variance, batch.count / Math.max(1, batch.count - 1)));
      });
      return batch.value;
    },
  };
};
