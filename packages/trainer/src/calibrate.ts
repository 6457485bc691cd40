import { fail, type HostTensor } from '@detrain/core';
import type { Detector, ParameterSpec } from '@detrain/core/tensors';
import type { Engine, InferenceProgram } from '@detrain/engine';
import { BATCH_NORM_EPS, channelMean, makePass } from '@detrain/nn';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { weightInputs } from './program.ts';

/** Options of {@link calibrate}. */
export interface CalibrateOptions {
  readonly engine: Engine;
  readonly detector: Detector;
  readonly parameters: ReadonlyMap<string, HostTensor>;
  /** RGB in [0, 1] `[batch, height, width, 3]`, all of one size: as they come in training, a few hundred images in all. */
  readonly batches: Iterable<HostTensor> | AsyncIterable<HostTensor>;
}

const RUNNING_MEAN = '.running_mean';

/** Batch norms whose statistics training changes. */
const normsOf = (specs: readonly ParameterSpec[]): readonly string[] =>
  specs.flatMap(({ name, kind }) =>
    kind === 'statistic' && name.endsWith(RUNNING_MEAN) ? [name.slice(0, -RUNNING_MEAN.length)] : [],
  );

/** Parameters and images to `norm.mean` and `norm.variance` `[channels]` of what enters each norm, all norms as outside training. */
const statisticsProgram = (detector: Detector, norms: readonly string[]): InferenceProgram => ({
  name: `${detector.name}/statistics`,
  run: (inputs) => {
    const outputs: Record<string, Tensor> = {};
    const observe = (norm: string, x: Tensor4D) => {
      if (!norms.includes(norm)) return;
      const mean = channelMean(x);
      outputs[`${norm}.mean`] = mean;
      outputs[`${norm}.variance`] = channelMean(tf.square(tf.sub(x, mean)) as Tensor4D);
    };
    const pass = makePass({ training: false, tensors: inputs, specs: detector.parameters, observe });
    detector.decode(detector.encode(inputs['images'] as Tensor4D, pass), pass);
    return outputs;
  },
});

/** Sums over images of a mean and of the mean square, per channel. */
interface Moments {
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** The norm's four tensors with new statistics and the same function: y = a x + c. */
const withStatistics = (
  norm: string,
  parameters: ReadonlyMap<string, HostTensor>,
  { first, second }: Moments,
  images: number,
): [string, HostTensor][] => {
  const [gain, bias, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(
    (part) => parameters.get(`${norm}.${part}`)?.data,
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const [newGain, newBias, newMean, newVariance] = [0, 1, 2, 3].map(() => new Float32Array(gain.length)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  for (const [c, value] of first.entries()) {
    const centre = value / images;
    const spread = Math.max(0, (second[c] as number) / images - centre ** 2);
    newMean[c] = centre;
    newVariance[c] = spread;
    const slope = (gain[c] as number) / Math.sqrt((variance[c] as number) + BATCH_NORM_EPS);
    newGain[c] = slope * Math.sqrt((newVariance[c] as number) + BATCH_NORM_EPS);
    newBias[c] = (bias[c] as number) + slope * ((newMean[c] as number) - (mean[c] as number));
  }
  const tensor = (part: string, data: Float32Array): [string, HostTensor] => [
    `${norm}.${part}`,
    { shape: [data.length], dtype: 'float32', data },
  ];
  return [
    tensor('weight', newGain),
    tensor('bias', newBias),
    tensor('running_mean', newMean),
    tensor('running_var', newVariance),
  ];
};

/**
 * Measures batch norms' statistics without changing what the model computes: running mean and variance become those of what
 * enters each norm, gain and bias make up for it. What training with the batch's statistics needs to begin where a model
 * whose norms were folded away stands (`unfoldWeights`, `trainableWeights`).
 *
 * @returns the norms' tensors with their new values; the parameters given stay as they are.
 * @throws Error when there is no batch.
 */
export const calibrate = async (options: CalibrateOptions): Promise<Map<string, HostTensor>> => {
  const { engine, detector, parameters, batches } = options;
  const norms = normsOf(detector.parameters);
  const moments = new Map<string, Moments>();
  let images = 0;
  const inference = engine.inference(statisticsProgram(detector, norms), weightInputs(detector, parameters));
  try {
    for await (const batch of batches) {
      const found = await inference.run({ images: batch });
      const count = batch.shape[0] ?? 0;
      images += count;
      for (const norm of norms) {
        const mean = found[`${norm}.mean`]?.data as Float32Array | undefined;
        const variance = found[`${norm}.variance`]?.data as Float32Array | undefined;
        if (!mean || !variance) continue;
        const { first, second } = moments.get(norm) ?? {
          first: new Float64Array(mean.length),
          second: new Float64Array(mean.length),
        };
        moments.set(norm, { first, second });
        for (const [c, centre] of mean.entries()) {
          first[c] = (first[c] as number) + count * centre;
          second[c] = (second[c] as number) + count * ((variance[c] as number) + centre ** 2);
        }
      }
    }
  } finally {
    await inference.dispose();
  }
  if (images === 0)
    fail('trainer', 'no batch to calibrate with', 'Statistics need images', 'Give a few batches as training sees them');
  return new Map([...moments].flatMap(([norm, seen]) => withStatistics(norm, parameters, seen, images)));
};
