import { createRng, type Image, type Sample } from '@detrain/core';
import { bench, describe } from 'vitest';
import { iouCrop, mosaic, photometricDistort, resize, resizeImage, sequence, zoomOut } from '../src/index.ts';

const random = createRng(1);
const photograph: Image = {
  width: 640,
  height: 480,
  data: Uint8Array.from({ length: 640 * 480 * 3 }, (_, i) => (i % 251) + random.int(5)),
};
const sample: Sample = {
  id: 'photograph',
  image: photograph,
  targets: { boxes: Float32Array.of(0.5, 0.5, 0.3, 0.3), labels: Int32Array.of(0) },
  originalSize: [640, 480],
};
const rng = createRng(2);
const context = { rng, epoch: 0, progress: 0, size: [320, 320] as const, draw: () => sample };

describe('640x480 to 320x320', () => {
  bench('resize', () => {
    resizeImage(photograph, 320, 320);
  });
  const dense = sequence(mosaic(), photometricDistort(), resize());
  bench('mosaic, photometric, resize', async () => {
    await dense.apply(sample, context);
  });
  const standard = sequence(photometricDistort(), zoomOut(), iouCrop(), resize());
  bench('photometric, zoom-out, IoU-crop, resize', async () => {
    await standard.apply(sample, context);
  });
});
