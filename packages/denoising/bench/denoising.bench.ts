import { createRng, type Targets } from '@detrain/core';
import { contrastiveDenoising } from '@detrain/denoising';
import { bench, describe } from 'vitest';

const rng = createRng(1);
const batch: Targets[] = Array.from({ length: 4 }, () => ({
  boxes: Float32Array.from({ length: 40 }, () => rng.uniform(0.1, 0.3)),
  labels: Int32Array.from({ length: 10 }, () => rng.int(80)),
}));

describe('contrastiveDenoising', () => {
  const source = contrastiveDenoising();
  bench('4 images, 10 targets each, 200 + 300 queries', () => {
    source.build(batch, { rng, numClasses: 80, numQueries: 300 });
  });
});
