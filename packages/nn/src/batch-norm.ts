import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { constant } from './initialisers.ts';
import { affineTensors, learnableAffine } from './lab.ts';
import { type Module, parameter } from './module.ts';
import { type NormTail, normalizeBatch, normalizeFixed } from './normalize.ts';
import { withoutTape } from './tape.ts';

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
  /** Negative values become zero. Within the operation that takes fewer passes over the map than after it. Default false. */
  readonly relu?: boolean;
  /** The name of a {@link learnableAffine} that ends the operation. Default none. */
  readonly affine?: string;
}

/**
 * Batch normalisation of NHWC maps, and what is asked to follow it, functional: where the pass asks for batch
 * statistics, the new running mean and (unbiased) variance are recorded with `pass.update`, and the caller stores them.
 * Frozen statistics are used as they are.
 */
export const batchNorm = (name: string, options: BatchNormOptions): Module<Tensor4D, Tensor4D> => {
  const { channels, frozen = false, eps = BATCH_NORM_EPS, momentum = 0.1, relu = false, affine } = options;
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
      ...(affine === undefined ? [] : learnableAffine(affine).parameters),
    ],
    forward: (x, pass) => {
      pass.observe?.(name, x);
      const oldMean = pass.parameter(mean) as Tensor1D;
      const oldVariance = pass.parameter(variance) as Tensor1D;
      const tail: NormTail = {
        weight: pass.parameter(weight) as Tensor1D,
        bias: pass.parameter(bias) as Tensor1D,
        relu,
        affine: affine === undefined ? undefined : affineTensors(affine, pass),
      };
      if (!pass.batchStatistics || frozen || pass.isFrozen(mean))
        return normalizeFixed(x, oldMean, oldVariance, eps, tail);
      const batch = normalizeBatch(x, eps, tail);
      const count = x.size / channels;
      withoutTape(() => {
        const blend = (old: Tensor1D, now: Tensor1D, factor: number) =>
          tf.add(tf.mul(old, 1 - momentum), tf.mul(now, momentum * factor));
        pass.update(mean, blend(oldMean, batch.mean, 1));
        pass.update(variance, blend(oldVariance, batch.variance, count / Math.max(1, count - 1)));
      });
      return batch.value;
    },
  };
};
