import { createRng, type HostTensor, type Targets } from '@detrain/core';
import type { Detector, GroupOutput, ParameterSpec, Predictions, Recipe } from '@detrain/core/tensors';
import { contrastiveDenoising } from '@detrain/denoising';
import { ddf, fgl, giou, l1, mal } from '@detrain/losses';
import { hungarian } from '@detrain/matcher-hungarian';
import { stopGradient, wholeMask } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs-core';

const CLASSES = 3;
const QUERIES = 5;
const DIM = 6;
const REG_MAX = 4;
const LAYERS = 2;
export const SIZE = 4;

const trainable = (name: string, shape: readonly number[]): ParameterSpec => ({
  name,
  shape,
  kind: 'trainable',
  init: (rng) => Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.5 * rng.normal()),
});

const parameters: readonly ParameterSpec[] = [
  trainable('image', [SIZE * SIZE * 3, DIM]),
  { name: 'mean', shape: [DIM], kind: 'statistic', init: () => new Float32Array(DIM) },
  { name: 'batches', shape: [], kind: 'counter', init: () => new Float32Array(1) },
  trainable('queries', [QUERIES, DIM]),
  trainable('classes', [CLASSES + 1, DIM]),
  trainable('attention', [DIM, DIM]),
  trainable('score', [DIM, CLASSES]),
  trainable('box', [DIM, 4]),
  trainable('corners', [DIM, 4 * (REG_MAX + 1)]),
  { ...trainable('corners.alias', [DIM, 4 * (REG_MAX + 1)]), sharedWith: 'corners' },
];

/**
 * A decoder of two layers with everything the criterion can meet: self-attention with a mask, known queries, edge distributions,
 * a `pre` output, an encoder output, a running statistic, a shared parameter and a counter.
 */
export const miniDetector: Detector = {
  name: 'mini',
  options: {},
  numClasses: CLASSES,
  numQueries: QUERIES,
  outputs: { layers: LAYERS, pre: true, encoder: true },
  parameters,
  encode: (images) => ({ levels: [images], strides: [1] }),
  decode: ({ levels }, pass, extra = []) => {
    const images = levels[0] as tf.Tensor4D;
    const batch = images.shape[0];
    const weight = (name: string) => pass.parameter(name) as tf.Tensor2D;
    const dense = (x: tf.Tensor3D, name: string): tf.Tensor3D =>
      tf.reshape(tf.matMul(tf.reshape(x, [-1, DIM]), weight(name)), [x.shape[0], x.shape[1], -1]);
    const features = tf.matMul(tf.reshape(images, [batch, -1]), weight('image')) as tf.Tensor2D;
    if (pass.batchStatistics) pass.update('mean', tf.mean(features, 0));
    const image = tf.reshape(tf.sub(features, weight('mean')), [batch, 1, DIM]) as tf.Tensor3D;
    const own = tf.add(image, tf.reshape(weight('queries'), [1, QUERIES, DIM])) as tf.Tensor3D;
    const known = extra[0];
    const embedded = known?.labels
      ? tf.reshape(
          tf.matMul(
            tf.reshape(tf.oneHot(known.labels, CLASSES + 1, 1, 0, 'float32'), [-1, CLASSES + 1]),
            weight('classes'),
          ),
          [batch, -1, DIM],
        )
      : null;
    let x = (embedded ? tf.concat([embedded, own], 1) : own) as tf.Tensor3D;
    const start = (
      known ? tf.concat([known.boxes, tf.zeros([batch, QUERIES, 4])], 1) : tf.zeros([batch, QUERIES, 4])
    ) as tf.Tensor3D;

    const mask = known && wholeMask(known.mask);

    const layers: Predictions[] = [];
    let pre: Predictions | undefined;
    let corners: tf.Tensor3D | undefined;
    let reference: tf.Tensor3D | undefined;
    for (let layer = 0; layer < LAYERS; layer++) {
      const similarity = tf.matMul(dense(x, 'attention'), x, false, true);
      const attention = tf.softmax(mask ? tf.add(similarity, mask) : similarity);
      x = tf.tanh(tf.add(x, tf.matMul(attention, x))) as tf.Tensor3D;
      const logits = dense(x, 'score');
      const boxes = tf.sigmoid(tf.add(dense(x, 'box'), start)) as tf.Tensor3D;
      pre ??= { logits, boxes };
      reference ??= stopGradient(boxes);
      const change = dense(x, layer === 0 ? 'corners' : 'corners.alias');
      corners = corners ? (tf.add(corners, change) as tf.Tensor3D) : change;
      layers.push({ logits, boxes, corners, reference });
    }
    const cut = (tensor: tf.Tensor3D, first: number, count: number) => tf.slice(tensor, [0, first, 0], [-1, count, -1]);
    const part = (one: Predictions, first: number, count: number): Predictions => ({
      logits: cut(one.logits, first, count),
      boxes: cut(one.boxes, first, count),
      ...(one.corners && { corners: cut(one.corners, first, count) }),
      ...(one.reference && { reference: cut(one.reference, first, count) }),
    });
    const group = (name: string, first: number, count: number): GroupOutput => ({
      name,
      layers: layers.map((one) => part(one, first, count)),
      ...(pre && { pre: part(pre, first, count) }),
      regMax: REG_MAX,
      regScale: 4,
    });
    const before = known?.boxes.shape[1] ?? 0;
    const encoder = { logits: dense(own, 'score'), boxes: tf.sigmoid(dense(own, 'box')) as tf.Tensor3D };
    return [{ ...group('main', before, QUERIES), encoder }, ...(known ? [group(known.name, 0, before)] : [])];
  },
};

/** DEIM's objective for it. */
export const miniRecipe = (change: Partial<Recipe> = {}): Recipe => ({
  name: 'mini',
  assigner: hungarian(),
  losses: [
    { weight: 1, loss: mal() },
    { weight: 5, loss: l1() },
    { weight: 2, loss: giou() },
    { weight: 0.15, loss: fgl() },
    { weight: 1.5, loss: ddf() },
  ],
  matching: 'union',
  normalizer: 'targets',
  knownQueries: contrastiveDenoising({ count: 6, maxTargets: 6 }),
  proposals: null,
  auxiliaries: [],
  augmentations: [],
  batchAugmentations: [],
  suppression: { kind: 'top-k', count: 5 },
  ...change,
});

/** First weights, the same for each call. */
export const miniWeights = (): Map<string, HostTensor> =>
  new Map(
    parameters
      .filter(({ kind, sharedWith }) => kind !== 'counter' && !sharedWith)
      .map(({ name, shape, init }) => [name, { shape, dtype: 'float32', data: init(createRng(5).fork(name)) }]),
  );

/** Two images of noise with so many objects each. */
export const miniBatch = (counts: readonly number[] = [2, 3], seed = 1) => {
  const rng = createRng(seed);
  const targets: Targets[] = counts.map((count) => ({
    boxes: Float32Array.from({ length: 4 * count }, (_, k) =>
      k % 4 < 2 ? rng.uniform(0.3, 0.7) : rng.uniform(0.1, 0.5),
    ),
    labels: Int32Array.from({ length: count }, () => rng.int(CLASSES)),
  }));
  const data = Float32Array.from({ length: counts.length * SIZE * SIZE * 3 }, () => rng.next());
  return { images: { shape: [counts.length, SIZE, SIZE, 3], dtype: 'float32' as const, data }, targets };
};
