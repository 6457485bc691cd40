import { horizontalFlip } from '@detrain/augment';
import { createRng, type Dataset, type Sample } from '@detrain/core';
import { bench, describe } from 'vitest';
import { createLoader } from '../src/index.ts';

const rng = createRng(1);
const samples = Array.from(
  { length: 16 },
  (_, i): Sample => ({
    id: String(i),
    image: {
      width: 640,
      height: 480,
      data: Uint8Array.from({ length: 640 * 480 * 3 }, (_, p) => (p % 250) + rng.int(6)),
    },
    targets: { boxes: Float32Array.of(0.5, 0.5, 0.2, 0.2), labels: Int32Array.of(0) },
    originalSize: [640, 480],
  }),
);
const dataset: Dataset = { name: 'memory', classes: ['a'], length: samples.length, get: (i) => samples[i]! };

describe('16 images of 640x480 from memory', () => {
  const loader = createLoader({ dataset, batchSize: 8, size: 320, augmentations: [horizontalFlip()] });
  bench('an epoch at 320', async () => {
    for await (const _ of loader.epoch(0));
  });
});
