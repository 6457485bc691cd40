import { inverseSigmoid, sineEmbedding, sineMap } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs';
import { floatsOf, type GoldenCase, integersOf, tensorOf, valuesOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { compare, differentiate, eagerly, load } from '../eager.ts';

const VALUE = 1e-5;
const GRADIENT = 1e-4;

/** The published variants of the sine map. */
const MAPS = {
  detr: {},
  detr_unnormalised: { normalize: false },
  deformable: { offset: -0.5 },
  dab_T20: { temperature: 20 },
  dino_H20_W20: { temperature: 20 },
  dino_H10_W40: { temperature: [10, 40] },
  mmdet_offset_m05: { offset: -0.5 },
} as const;

/** Sine maps of padded images. */
const replayMaps = (golden: GoldenCase, checks: Checks): void => {
  const mask = tensorOf(golden, 'mask');
  const [batch, height, width] = mask.shape as [number, number, number];
  const padding = integersOf(mask);
  const cells = height * width;
  for (const [name, options] of Object.entries(MAPS)) {
    const stored = tensorOf(golden, name);
    const dim = stored.shape[1] ?? 0;
    const reference = valuesOf(stored);
    for (let image = 0; image < batch; image++) {
      const own = padding.subarray(image * cells, (image + 1) * cells);
      const ours = sineMap({ height, width, dim, padding: own, ...options });
      // channels come first there
      const theirs = ours.map((_, k) => reference[(image * dim + (k % dim)) * cells + Math.floor(k / dim)] ?? 0);
      checks.close(`${name}.${image}`, ours, theirs, VALUE);
    }
  }
};

/** Sine embeddings of boxes and places. */
const replayPlaces = (golden: GoldenCase, checks: Checks): Promise<void> =>
  eagerly(() => {
    const boxes = load(golden, 'pos4');
    const places = tf.slice(boxes, [0, 0, 0], [-1, -1, 2]);
    // DAB-DETR's and Conditional DETR's are the same
    for (const name of ['dino4', 'dab4', 'dino2', 'dab2', 'cond2'])
      if (golden.tensors()[name])
        compare(golden, checks, name, sineEmbedding(name.endsWith('4') ? boxes : places), VALUE);
  });

/** The logistic function's inverse with both limits. */
const replayInverseSigmoid = (golden: GoldenCase, checks: Checks): Promise<void> =>
  eagerly(() => {
    const inputs = floatsOf(tensorOf(golden, 'x'));
    for (const eps of [1e-5, 1e-3]) {
      const name = `eps${eps === 1e-5 ? '1e-5' : '1e-3'}`;
      const { value, gradients } = differentiate((x) => inverseSigmoid(x as tf.Tensor, eps), [load(golden, 'x')]);
      compare(golden, checks, name, value, VALUE);
      // where two pieces meet the slope is a convention
      const kinks = [0, eps, 1 - eps, 1].map(Math.fround);
      const smooth = (values: ArrayLike<number>) =>
        Array.from(values).filter((_, i) => !kinks.some((kink) => Math.abs((inputs[i] ?? 0) - kink) < 1e-7));
      const reference = valuesOf(tensorOf(golden, `${name}_grad`));
      checks.close(`${name}_grad`, smooth((gradients[0] as tf.Tensor).dataSync()), smooth(reference), GRADIENT);
    }
  });

/** Embeddings of places, and the inverse sigmoid. */
export const replay = (golden: GoldenCase, checks: Checks): void | Promise<void> => {
  if (golden.kind === 'assign/ops/posemb') return replayMaps(golden, checks);
  if (golden.kind === 'assign/ops/sineembed') return replayPlaces(golden, checks);
  return replayInverseSigmoid(golden, checks);
};
