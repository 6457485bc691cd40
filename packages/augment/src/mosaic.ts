import type { Augmentation, Image, Sample } from '@detrain/core';
import { type AffineOptions, randomAffine } from './affine.ts';
import { fromPixels, toPixels } from './pixel-boxes.ts';
import { pasteResized } from './resample.ts';
import { sizeOf } from './resize.ts';

export interface MosaicOptions extends AffineOptions {
  /** Short side of each tile in pixels; half the batch's short side where absent (320 for 640). */
  readonly tile?: number;
}

/** The size whose short side has a length, the aspect kept. */
const withShortSide = ({ width, height }: Image, side: number): readonly [width: number, height: number] => {
  const long = Math.floor((side * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? [side, long] : [long, side];
};

/** Of the last canvas, for the next: the turned mosaic is a copy. */
let kept = new Uint8Array(0);

const keptCanvas = (width: number, height: number): Image => {
  const size = width * height * 3;
  if (kept.length < size) kept = new Uint8Array(size);
  const data = kept.subarray(0, size);
  return { width, height, data: data.fill(0) };
};

/** Four samples, resized, as the quadrants of one black canvas, each at its quadrant's top-left corner. */
const compose = (samples: readonly Sample[], side: number, first: Sample): Sample => {
  const sizes = samples.map(({ image }) => withShortSide(image, side));
  const cellWidth = Math.max(...sizes.map(([width]) => width));
  const cellHeight = Math.max(...sizes.map(([, height]) => height));
  const canvas = keptCanvas(cellWidth * 2, cellHeight * 2);
  const boxes: number[] = [];
  const labels: number[] = [];
  samples.forEach(({ image, targets }, i) => {
    const [width, height] = sizes[i]!;
    const left = (i % 2) * cellWidth;
    const top = (i >> 1) * cellHeight;
    pasteResized(canvas, image, width, height, left, top);
    const pixels = toPixels(targets, width, height);
    for (let k = 0; k < pixels.boxes.length; k++) boxes.push(pixels.boxes[k]! + (k % 2 === 0 ? left : top));
    labels.push(...targets.labels);
  });
  const all = { boxes: Float64Array.from(boxes), labels: Int32Array.from(labels) };
  return { ...first, image: canvas, targets: fromPixels(all, canvas.width, canvas.height) };
};

/**
 * Composes the sample and three others, drawn with replacement, into one image whose objects are those of all four, then
 * turns, shifts and scales it (DEIM's Dense O2O, specs of `Mosaic` in its code): more objects an image, one-to-one matching
 * unchanged.
 */
export const mosaic = ({ tile, ...affine }: MosaicOptions = {}): Augmentation => {
  const move = randomAffine(affine);
  return {
    name: 'mosaic',
    options: { ...(tile === undefined ? {} : { tile }), ...move.options },
    async apply(sample, context) {
      const side = tile ?? Math.max(1, Math.floor(Math.min(...sizeOf(undefined, context, 'mosaic')) / 2));
      const others = [await context.draw(), await context.draw(), await context.draw()];
      return move.apply(compose([sample, ...others], side, sample), context);
    },
  };
};
