import type { Augmentation } from '@detrain/core';
import { fromPixels, pickTargets, toPixels } from './pixel-boxes.ts';

/** Room for the rounding of normalised float32 boxes, in pixels. */
const TOLERANCE = 1e-3;

/**
 * Clamps boxes to the image and drops those that are then narrower or lower than `minSize` pixels, or not finite.
 * torchvision's `SanitizeBoundingBoxes` drops boxes that cross the border instead of clamping them; no augmentation here
 * leaves such boxes.
 */
export const sanitize = ({ minSize = 1 }: { minSize?: number } = {}): Augmentation => ({
  name: 'sanitize',
  options: { minSize },
  apply(sample) {
    const { width, height } = sample.image;
    const targets = fromPixels(toPixels(sample.targets, width, height), width, height);
    const kept: number[] = [];
    for (let i = 0; i < targets.labels.length; i++) {
      const wide = targets.boxes[i * 4 + 2]! * width + TOLERANCE >= minSize;
      const high = targets.boxes[i * 4 + 3]! * height + TOLERANCE >= minSize;
      if (wide && high) kept.push(i);
    }
    return { ...sample, targets: kept.length === targets.labels.length ? targets : pickTargets(targets, kept) };
  },
});
