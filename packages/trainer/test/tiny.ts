import { createRng, type HostTensor, type Targets } from '@detrain/core';
import type { Detector, ParameterSpec, Recipe } from '@detrain/core/tensors';
import { focal, giou, l1 } from '@detrain/losses';
import { hungarian } from '@detrain/matcher-hungarian';
import { createAdamW, parameterGroups } from '@detrain/optim';
import * as tf from '@tensorflow/tfjs-core';
import type { Batch, BatchSource } from '../src/index.ts';

const NUM_CLASSES = 2;
const QUERIES = 4;
const SIZE = 8;

const trainable = (name: string, shape: readonly number[], scale: number): ParameterSpec => ({
  name,
  shape,
  kind: 'trainable',
  init: (rng) => Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * rng.normal()),
});

const FEATURES = SIZE * SIZE * 3;
const parameters: readonly ParameterSpec[] = [
  trainable('body.weight', [FEATURES, 16], 0.1),
  { name: 'body.mean', shape: [16], kind: 'statistic', init: () => new Float32Array(16) },
  trainable('head.logits', [16, QUERIES * NUM_CLASSES], 0.3),
  trainable('head.boxes', [16, QUERIES * 4], 0.3),
];

/** A detector of three matrices and one running statistic: small enough for the reference engine. */
export const tinyDetector: Detector = {
  name: 'tiny',
  options: {},
  numClasses: NUM_CLASSES,
  numQueries: QUERIES,
  outputs: { layers: 1, pre: false, encoder: false },
  parameters,
  encode: (images) => ({ levels: [images], strides: [1] }),
  decode: ({ levels }, pass) => {
    const images = levels[0] as tf.Tensor4D;
    const batch = images.shape[0];
    const features = tf.matMul(tf.reshape(images, [batch, FEATURES]), pass.parameter('body.weight') as tf.Tensor2D);
    const running = pass.parameter('body.mean');
    if (pass.batchStatistics) pass.update('body.mean', tf.add(tf.mul(running, 0.9), tf.mul(tf.mean(features, 0), 0.1)));
    const hidden = tf.tanh(tf.sub(features, running)) as tf.Tensor2D;
    const logits = tf.reshape(tf.matMul(hidden, pass.parameter('head.logits') as tf.Tensor2D), [
      batch,
      QUERIES,
      NUM_CLASSES,
    ]);
    const boxes = tf.sigmoid(
      tf.reshape(tf.matMul(hidden, pass.parameter('head.boxes') as tf.Tensor2D), [batch, QUERIES, 4]),
    );
    return [{ name: 'main', layers: [{ logits: logits as tf.Tensor3D, boxes: boxes as tf.Tensor3D }] }];
  },
};

/** One-to-one matching with focal, L1 and GIoU losses. */
export const tinyRecipe: Recipe = {
  name: 'tiny',
  assigner: hungarian(),
  losses: [
    { weight: 2, loss: focal() },
    { weight: 5, loss: l1() },
    { weight: 2, loss: giou() },
  ],
  matching: 'each',
  normalizer: 'targets',
  knownQueries: null,
  proposals: null,
  auxiliaries: [],
  augmentations: [],
  batchAugmentations: [],
  suppression: { kind: 'top-k', count: 4 },
};

/** First weights, the same for each call. */
export const tinyWeights = (): Map<string, HostTensor> =>
  new Map(
    parameters.map(({ name, shape, init }) => [name, { shape, dtype: 'float32', data: init(createRng(7).fork(name)) }]),
  );

export const tinyOptimizer = () =>
  createAdamW({
    groups: parameterGroups(['body.weight', 'head.logits', 'head.boxes'], [{ match: /^body/, learningRate: 0.005 }], {
      learningRate: 0.01,
      weightDecay: 1e-4,
    }),
  });

const targetsOf = (rng: ReturnType<typeof createRng>): Targets => {
  const count = 1 + rng.int(2);
  return {
    boxes: Float32Array.from({ length: 4 * count }, (_, i) =>
      i % 4 < 2 ? rng.uniform(0.3, 0.7) : rng.uniform(0.1, 0.4),
    ),
    labels: Int32Array.from({ length: count }, () => rng.int(NUM_CLASSES)),
  };
};

/** Noise with objects; `spoil` may change a batch before it is used. */
export const tinyBatches = (
  batchesPerEpoch = 3,
  spoil: (batch: Batch, epoch: number, index: number) => Batch = (batch) => batch,
): BatchSource => ({
  batchesPerEpoch,
  async *batches(epoch, from) {
    for (let index = from; index < batchesPerEpoch; index++) {
      const rng = createRng('data').fork(epoch).fork(index);
      const data = Float32Array.from({ length: 2 * FEATURES }, () => rng.next());
      const batch: Batch = {
        images: { shape: [2, SIZE, SIZE, 3], dtype: 'float32', data },
        targets: [targetsOf(rng), targetsOf(rng)],
        ids: [`${epoch}/${index}/0`, `${epoch}/${index}/1`],
        sizes: [
          [SIZE, SIZE],
          [SIZE, SIZE],
        ],
      };
      yield spoil(batch, epoch, index);
    }
  },
});
