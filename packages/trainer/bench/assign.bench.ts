import { createRng, type HostTensor, type HostTensors, type Targets } from '@detrain/core';
import type { Recipe } from '@detrain/core/tensors';
import { giou, l1, mal } from '@detrain/losses';
import { hungarian } from '@detrain/matcher-hungarian';
import { bench, describe } from 'vitest';
import { createCriterion } from '../src/criterion.ts';

const recipe: Recipe = {
  name: 'bench',
  assigner: hungarian(),
  losses: [
    { weight: 1, loss: mal() },
    { weight: 5, loss: l1() },
    { weight: 2, loss: giou() },
  ],
  matching: 'union',
  normalizer: 'targets',
  knownQueries: null,
  proposals: null,
  auxiliaries: [],
  augmentations: [],
  batchAugmentations: [],
  suppression: { kind: 'top-k', count: 300 },
};

/** The host part of a step, matching to dense targets: a decoder of three layers, 300 queries, 80 classes, four images. */
describe('criterion.assign, 5 outputs x 4 images x 300 queries', () => {
  const layout = { batch: 4, numClasses: 80, queries: 300, layers: 3, pre: true, encoder: true };
  const criterion = createCriterion(recipe, layout);
  for (const objects of [1, 8, 30, 100]) {
    const rng = createRng(objects);
    const boxes = (count: number) =>
      Float32Array.from({ length: 4 * count }, (_, k) => (k % 4 < 2 ? rng.uniform(0.2, 0.8) : rng.uniform(0.05, 0.3)));
    const targets: Targets[] = Array.from({ length: 4 }, () => ({
      boxes: boxes(objects),
      labels: Int32Array.from({ length: objects }, () => rng.int(80)),
    }));
    const readback: Record<string, HostTensor> = {};
    for (const output of ['layer.0', 'layer.1', 'layer.2', 'pre', 'encoder']) {
      const logits = Float32Array.from({ length: 4 * 300 * 80 }, () => rng.uniform(-6, 0));
      readback[`${output}.logits`] = { shape: [4, 300, 80], dtype: 'float32', data: logits };
      readback[`${output}.boxes`] = { shape: [4, 300, 4], dtype: 'float32', data: boxes(4 * 300) };
    }
    bench(`${objects} objects an image`, () => {
      criterion.assign(readback as HostTensors, { targets, rng, epoch: 0, step: 0, progress: 0 });
    });
  }
});
