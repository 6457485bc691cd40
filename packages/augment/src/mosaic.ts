import type { Augmentation, Sample } from '@detrain/core';
import { type AffineOptions, randomAffine } from './affine.ts';
import { blackImage, pasteInto } from './image.ts';
import { fromPixels, toPixels } from './pixel-boxes.ts';
import { resizeImage } from './resample.ts';
import { sizeOf } from './resize.ts';

export interface MosaicOptions extends AffineOptions {
  /** Short side of each tile in pixels; half the batch's short side where absent (320 for 640). */
  readonly tile?: number;
}

const withShortSide = (sample: Sample, side: number): Sample => {
  const { width, height } = sample.image;
  const short = Math.min(width, height);
  const long = Math.floor((side * Math.max(width, height)) / short);
  const [w, h] = width <= height ? [side, long] : [long, side];
  return { ...sample, image: resizeImage(sample.image, w, h) };
};

/** Four samples as the quadrants of one black canvas, each at its quadrant's top-left corner. */
const compose = (tiles: readonly Sample[], first: Sample): Sample => {
  const cellWidth = Math.max(...tiles.map(({ image }) => image.width));
  const cellHeight = Math.max(...tiles.map(({ image }) => image.height));
  const canvas = blackImage(cellWidth * 2, cellHeight * 2);
  const boxes: number[] = [];
  const labels: number[] = [];
  tiles.forEach(({ image, targets }, i) => {
    const left = (i % 2) * cellWidth;
    const top = (i >> 1) * cellHeight;
    pasteInto(canvas, image, left, top);
    const pixels = toPixels(targets, image.width, image.height);
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
      const tiles = [sample, ...others].map((each) => withShortSide(each, side));
      return move.apply(compose(tiles, sample), context);
    },
  };
};
