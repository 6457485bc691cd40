import type { Augmentation, Targets } from '@detrain/core';
import { flipImage } from './image.ts';

/** Boxes mirrored left to right. */
export const flipTargets = (targets: Targets): Targets => {
  const boxes = targets.boxes.slice();
  for (let i = 0; i < boxes.length; i += 4) boxes[i] = 1 - boxes[i]!;
  return { boxes, labels: targets.labels };
};

/** Mirrors left to right with a probability (0.5). */
export const horizontalFlip = ({ probability = 0.5 }: { probability?: number } = {}): Augmentation => ({
  name: 'horizontal-flip',
  options: { probability },
  apply(sample, { rng }) {
    if (!(rng.next() < probability)) return sample;
    return { ...sample, image: flipImage(sample.image), targets: flipTargets(sample.targets) };
  },
});
