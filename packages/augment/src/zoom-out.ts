import type { Augmentation } from '@detrain/core';
import { blackImage, contentOf, markContent, pasteInto } from './image.ts';
import { fromPixels, toPixels } from './pixel-boxes.ts';

/**
 * Puts the image at a random place of a larger black canvas with a probability (0.5): SSD's expansion, torchvision v2's
 * `RandomZoomOut`.
 *
 * @param options.sideRange how many times wider and higher the canvas is, drawn once for both (1 to 4)
 */
export const zoomOut = ({
  sideRange = [1, 4],
  probability = 0.5,
}: {
  sideRange?: readonly [number, number];
  probability?: number;
} = {}): Augmentation => ({
  name: 'zoom-out',
  options: { sideRange, probability },
  apply(sample, { rng }) {
    if (!(rng.next() < probability)) return sample;
    const { image } = sample;
    const ratio = rng.uniform(sideRange[0], sideRange[1]);
    const width = Math.max(image.width, Math.floor(image.width * ratio));
    const height = Math.max(image.height, Math.floor(image.height * ratio));
    const left = Math.floor((width - image.width) * rng.next());
    const top = Math.floor((height - image.height) * rng.next());
    const canvas = blackImage(width, height);
    pasteInto(canvas, image, left, top);
    const content = contentOf(image);
    markContent(canvas, {
      left: content.left + left,
      top: content.top + top,
      right: content.right + left,
      bottom: content.bottom + top,
    });
    const { boxes, labels } = toPixels(sample.targets, image.width, image.height);
    const moved = boxes.map((value, i) => value + (i % 2 === 0 ? left : top));
    return { ...sample, image: canvas, targets: fromPixels({ boxes: moved, labels }, width, height) };
  },
});
