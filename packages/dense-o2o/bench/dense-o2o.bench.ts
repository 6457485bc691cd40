import { createRng, type Sample } from '@detrain/core';
import type { Recipe } from '@detrain/core/tensors';
import { bench, describe } from 'vitest';
import { denseO2O } from '../src/index.ts';

const empty = { name: 'empty', losses: [], augmentations: [], batchAugmentations: [] } as unknown as Recipe;
const rng = createRng(1);
const sample: Sample = {
  id: 'a',
  image: {
    width: 640,
    height: 480,
    data: Uint8Array.from({ length: 640 * 480 * 3 }, (_, i) => (i % 250) + rng.int(6)),
  },
  targets: { boxes: Float32Array.of(0.5, 0.5, 0.3, 0.3), labels: Int32Array.of(0) },
  originalSize: [640, 480],
};

describe('one sample, 640x480 to 320x320', () => {
  const { augmentations } = denseO2O()(empty);
  for (const [phase, progress] of [
    ['dense', 0.3],
    ['standard', 0.7],
    ['plain', 0.99],
  ] as const) {
    const context = { rng, epoch: 0, progress, size: [320, 320] as const, draw: () => sample };
    bench(phase, async () => {
      let current = sample;
      for (const augmentation of augmentations) current = await augmentation.apply(current, context);
    });
  }
});
