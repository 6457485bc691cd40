import type { Image } from '@detrain/core';
import { contentOf, markContent } from './image.ts';
import { type ColorKernels, colorKernels, PART, reserve, SLACK } from './kernels/instance.ts';

/**
 * Colour changes with the arithmetic of Pillow on 8-bit images (blends truncate, HSV has 8 bits), because the reference
 * pipelines change colours on PIL images.
 */

/** One change of colours; `adjustColors` says what each does. */
export type ColorChange =
  | { readonly kind: 'brightness' | 'contrast' | 'saturation'; readonly factor: number }
  | { readonly kind: 'hue'; readonly shift: number }
  | { readonly kind: 'order'; readonly order: ArrayLike<number> };

/** A loop over pixels at the start of the memory. */
type Loop = (kernels: ColorKernels, count: number) => void;

/** Visits an image's pixels in parts, each copied to the start of the memory; the count is rounded up to fours, with black. */
const inParts = (data: Uint8Array, visit: (memory: Uint8Array, count: number, start: number) => void): void => {
  const memory = reserve(colorKernels(), PART + SLACK);
  for (let start = 0; start < data.length; start += PART) {
    const part = data.subarray(start, start + PART);
    memory.set(part);
    memory.fill(0, part.length, part.length + SLACK);
    visit(memory, Math.ceil(part.length / 12) * 4, start);
  }
};

const meanGrey = (data: Uint8Array): number => {
  let sum = 0;
  inParts(data, (_, count) => {
    sum += colorKernels().greys(0, count);
  });
  return Math.trunc(sum / (data.length / 3) + 0.5);
};

const run = (loops: readonly Loop[], from: Uint8Array, to: Uint8Array): void =>
  inParts(from, (memory, count, start) => {
    for (const loop of loops) loop(colorKernels(), count);
    to.set(memory.subarray(0, Math.min(PART, to.length - start)), start);
  });

/** Hue, saturation and order leave black alone, brightness is a blend with it; contrast leaves it where the blend is below 1. */
const keepsBlack = (mean: number, factor: number): boolean =>
  Math.fround(mean - Math.fround(Math.fround(factor) * mean)) < 1;

/**
 * An image changed in several ways, one after the other, in one go:
 * brightness blends with black, contrast with the image's mean grey, saturation with the grey image (1 changes nothing);
 * hue turns by a share of the circle in [-0.5, 0.5] (0 changes nothing but the rounding to 8-bit HSV);
 * order makes output channel c of input channel `order[c]`.
 */
export const adjustColors = (image: Image, changes: readonly ColorChange[]): Image => {
  if (changes.length === 0) return image;
  const data = new Uint8Array(image.data.length);
  let from = image.data;
  let black = true;
  let loops: Loop[] = [];
  const flush = () => {
    if (loops.length === 0) return;
    run(loops, from, data);
    from = data;
    loops = [];
  };
  for (const change of changes) {
    if (change.kind === 'brightness') loops.push((kernels, count) => kernels.blend(0, count, 0, change.factor));
    else if (change.kind === 'saturation') loops.push((kernels, count) => kernels.saturate(0, count, change.factor));
    else if (change.kind === 'hue') {
      const turn = Math.trunc(change.shift * 255);
      loops.push((kernels, count) => kernels.turn(0, count, turn));
    } else if (change.kind === 'order') {
      const order = change.order[0]! | (change.order[1]! << 8) | (change.order[2]! << 16);
      loops.push((kernels, count) => kernels.permute(0, count, order));
    } else {
      // The mean is that of all pixels after what came before.
      flush();
      const mean = meanGrey(from);
      black &&= keepsBlack(mean, change.factor);
      loops.push((kernels, count) => kernels.blend(0, count, mean, change.factor));
    }
  }
  flush();
  const out: Image = { width: image.width, height: image.height, data };
  return black ? markContent(out, contentOf(image)) : out;
};

/** Brightness: a blend with black; 1 changes nothing. */
export const adjustBrightness = (image: Image, factor: number): Image =>
  adjustColors(image, [{ kind: 'brightness', factor }]);

/** Contrast: a blend with the image's mean grey; 1 changes nothing. */
export const adjustContrast = (image: Image, factor: number): Image =>
  adjustColors(image, [{ kind: 'contrast', factor }]);

/** Saturation: a blend with the grey image; 1 changes nothing. */
export const adjustSaturation = (image: Image, factor: number): Image =>
  adjustColors(image, [{ kind: 'saturation', factor }]);

/** Hue turned by a share of the circle in [-0.5, 0.5]; 0 changes nothing but the rounding to 8-bit HSV. */
export const adjustHue = (image: Image, shift: number): Image => adjustColors(image, [{ kind: 'hue', shift }]);

/** Channels in another order: output channel c is input channel `order[c]`. */
export const permuteChannels = (image: Image, order: ArrayLike<number>): Image =>
  adjustColors(image, [{ kind: 'order', order }]);
