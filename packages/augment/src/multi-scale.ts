import type { BatchAugmentation } from '@detrain/core';
import { resizeNearest } from './resample.ts';
import { sizeOf } from './resize.ts';

/** The grid that image sizes lie on: the coarsest stride of the detectors. */
const STRIDE = 32;

/**
 * The sizes that a batch is drawn from (DEIM, RT-DETR): from 0.75 of the base up, the base `repeat` times, from 1.25 of the
 * base down, in steps of 32. For 640: 480 … 608, 640 times `repeat`, 800 … 672.
 */
export const multiScaleSizes = (base: number, repeat: number): number[] => {
  const low = Math.trunc((base * 0.75) / STRIDE) * STRIDE;
  const high = Math.trunc((base * 1.25) / STRIDE) * STRIDE;
  const steps = Math.trunc((base - low) / STRIDE);
  return [
    ...Array.from({ length: steps }, (_, i) => low + i * STRIDE),
    ...Array.from({ length: repeat }, () => base),
    ...Array.from({ length: steps }, (_, i) => high - i * STRIDE),
  ];
};

/**
 * Resizes a whole batch, nearest, to a random square size around the batch's own.
 *
 * @param options.repeat how often the base size is in the list (3): the smaller the model, the larger
 * @param options.base pixels; the batch's width where absent
 */
export const multiScale = ({ repeat = 3, base }: { repeat?: number; base?: number } = {}): BatchAugmentation => ({
  name: 'multi-scale',
  options: { repeat, ...(base === undefined ? {} : { base }) },
  applyBatch(samples, context) {
    const sizes = multiScaleSizes(base ?? sizeOf(undefined, context, 'multiScale')[0], repeat);
    const size = sizes[context.rng.int(sizes.length)]!;
    return samples.map((sample) => ({ ...sample, image: resizeNearest(sample.image, size, size) }));
  },
});
