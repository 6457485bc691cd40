import { makePass } from '@detrain/nn';
import type { Scalar, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type BackboneMeta, backboneOf } from '../backbones.ts';
import type { GoldenCase } from '../case.ts';
import type { Checks } from '../checks.ts';
import { compareTensor } from '../compare-tensor.ts';
import { sharedEngine } from '../engine.ts';
import { goldenFeature, goldenImage, goldenWeights, toNchw } from '../generate.ts';
import { compareGradients, compareStatistics } from '../train/compare.ts';

interface BackboneTrainMeta extends BackboneMeta {
  /** By what each map is multiplied; the objective is the sum of all products. */
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly loss_total: number;
}

/** Limits of the reference's README, section 6, for batch statistics. */
const OUTPUT = 1e-3;
const LOSS = 1e-4;

/** Feature maps with batch statistics, the gradients of a weighted sum of them, and the new running statistics. */
export const replay = async (golden: GoldenCase, checks: Checks): Promise<void> => {
  const meta = golden.meta as unknown as BackboneTrainMeta;
  const { parameters: specs, forward } = backboneOf(meta);
  checks.count('n_state_keys', specs.length, meta.n_state_keys);
  const inputs = {
    ...Object.fromEntries(goldenWeights(specs, meta.weight_salt)),
    ...Object.fromEntries(meta.weights.map(({ name, shape }) => [name, goldenFeature(name, shape)])),
    images: goldenImage(meta.image_name, meta.input_shape),
  };
  const training = (await sharedEngine()).training({
    name: 'backbone',
    trainable: specs.filter(({ kind }) => kind === 'trainable').map(({ name }) => name),
    targets: () => ({}),
    forward: ({ images, ...tensors }) => {
      const pass = makePass({ tensors, specs, training: true });
      const maps = forward(images as Tensor4D, pass);
      return {
        readback: Object.fromEntries(maps.map((map, i) => [`stage${i}`, map])),
        updates: Object.fromEntries(pass.updates),
        loss: () => {
          const sums = meta.weights.map(({ name }, i) =>
            tf.sum(tf.mul(maps[i] as Tensor4D, tensors[name] as Tensor4D)),
          );
          return { total: tf.addN(sums) as Scalar, terms: {} };
        },
      };
    },
  });
  try {
    const step = await training.step(inputs, (maps) => {
      for (const [name, map] of Object.entries(maps))
        checks.holds(`${name} is stored`, compareTensor(golden, checks, name, toNchw(map).data, OUTPUT));
      return {};
    });
    checks.number('loss_total', step.total, meta.loss_total, LOSS);
    compareGradients(golden, checks, [step.gradients], true);
    compareStatistics(golden, checks, step);
  } finally {
    await training.dispose();
  }
};
