import { horizontalFlip, mixup, mosaic, photometricDistort, sanitize } from '@detrain/augment';
import { createRng, type Dataset, type Sample } from '@detrain/core';
import type { LoaderOptions } from '../src/index.ts';

/** A data set in memory whose reads take a while, at random. */
export const fakeDataset = (length: number, { slow = false, reads = [] as number[] } = {}): Dataset => ({
  name: 'fake',
  classes: ['a', 'b'],
  length,
  async get(index): Promise<Sample> {
    reads.push(index);
    if (slow) await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
    const rng = createRng(index);
    return {
      id: `image-${index}`,
      image: { width: 12, height: 10, data: Uint8Array.from({ length: 360 }, () => rng.int(256)) },
      targets: { boxes: Float32Array.of(0.5, 0.5, 0.2 + index / 100, 0.4), labels: Int32Array.of(index % 2) },
      originalSize: [12, 10],
    };
  },
});

/** Options of a loader of it, with every kind of augmentation; `more` may change them. */
export const options = (more: Partial<LoaderOptions> = {}): LoaderOptions => ({
  dataset: fakeDataset(11),
  batchSize: 3,
  size: [16, 8],
  seed: 7,
  epochs: 3,
  augmentations: [mosaic({ tile: 8 }), photometricDistort(), horizontalFlip(), sanitize()],
  batchAugmentations: [mixup()],
  ...more,
});
