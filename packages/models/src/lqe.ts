import { type ActivationName, type Module, mlp, topkValues } from '@detrain/nn';
import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Options of {@link locationQuality}. */
export interface LocationQualityOptions {
  readonly activation: ActivationName;
  /** Default 4. */
  readonly topK?: number;
  /** Default 64. */
  readonly hidden?: number;
}

/**
 * Location quality estimation: what is added to all class logits of a query, `[batch, queries, 1]`, from the peaks of its
 * edges' distributions `[batch, queries, 4, bins]` (the largest probabilities and their mean). Starts at zero.
 */
export const locationQuality = (name: string, options: LocationQualityOptions): Module<Tensor, Tensor3D> => {
  const { activation, topK = 4, hidden = 64 } = options;
  const head = mlp(`${name}.reg_conf`, { in: 4 * (topK + 1), hidden, out: 1, layers: 2, activation, zeroLast: true });
  return {
    parameters: head.parameters,
    forward: (probabilities, pass) => {
      const [batch, queries] = probabilities.shape as [number, number];
      const peaks = topkValues(probabilities, topK);
      const statistics = tf.concat([peaks, tf.mean(peaks, -1, true)], -1);
      return head.forward(tf.reshape(statistics, [batch, queries, 4 * (topK + 1)]), pass) as Tensor3D;
    },
  };
};
