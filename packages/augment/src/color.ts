import type { Image } from '@detrain/core';
import { contentOf, markContent } from './image.ts';

/**
 * Colour changes with the arithmetic of Pillow on 8-bit images (blends truncate, HSV has 8 bits), because the reference
 * pipelines change colours on PIL images.
 */

/** A pixel-wise change; black stays black only where `keepsBlack`. */
const changed = (image: Image, keepsBlack: boolean, fill: (from: Uint8Array, to: Uint8Array) => void): Image => {
  const out: Image = { width: image.width, height: image.height, data: new Uint8Array(image.data.length) };
  fill(image.data, out.data);
  return keepsBlack ? markContent(out, contentOf(image)) : out;
};

/** Pillow's blend of two bytes: float32, clamped, truncated. */
const blend = (base: number, value: number, factor: number): number => {
  const mixed = Math.fround(base + Math.fround(Math.fround(factor) * (value - base)));
  return mixed <= 0 ? 0 : mixed >= 255 ? 255 : Math.trunc(mixed);
};

const throughTable = (image: Image, table: Uint8Array): Image =>
  changed(image, table[0] === 0, (from, to) => {
    for (let i = 0; i < from.length; i++) to[i] = table[from[i]!]!;
  });

/** Grey value of a pixel (ITU-R 601, Pillow's fixed-point weights). */
const grey = (r: number, g: number, b: number): number => (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;

/** Brightness: a blend with black; 1 changes nothing. */
export const adjustBrightness = (image: Image, factor: number): Image =>
  throughTable(
    image,
    Uint8Array.from({ length: 256 }, (_, value) => blend(0, value, factor)),
  );

/** Contrast: a blend with the image's mean grey; 1 changes nothing. */
export const adjustContrast = (image: Image, factor: number): Image => {
  const { data } = image;
  let sum = 0;
  for (let i = 0; i < data.length; i += 3) sum += grey(data[i]!, data[i + 1]!, data[i + 2]!);
  const mean = Math.trunc(sum / (data.length / 3) + 0.5);
  return throughTable(
    image,
    Uint8Array.from({ length: 256 }, (_, value) => blend(mean, value, factor)),
  );
};

/** Saturation: a blend with the grey image; 1 changes nothing. */
export const adjustSaturation = (image: Image, factor: number): Image => {
  const scaled = Float32Array.from({ length: 511 }, (_, i) => Math.fround(Math.fround(factor) * (i - 255)));
  return changed(image, true, (from, to) => {
    for (let i = 0; i < from.length; i += 3) {
      const r = from[i]!;
      const g = from[i + 1]!;
      const b = from[i + 2]!;
      const base = (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;
      const shift = 255 - base;
      const red = Math.fround(base + scaled[r + shift]!);
      const green = Math.fround(base + scaled[g + shift]!);
      const blue = Math.fround(base + scaled[b + shift]!);
      to[i] = Math.max(0, Math.min(255, red));
      to[i + 1] = Math.max(0, Math.min(255, green));
      to[i + 2] = Math.max(0, Math.min(255, blue));
    }
  });
};

/** Hue turned by a share of the circle in [-0.5, 0.5]; 0 changes nothing but the rounding to 8-bit HSV. */
export const adjustHue = (image: Image, shift: number): Image => {
  const turn = Math.trunc(shift * 255);
  return changed(image, true, (from, to) => {
    for (let i = 0; i < from.length; i += 3) {
      const r = from[i]!;
      const g = from[i + 1]!;
      const b = from[i + 2]!;
      const max = Math.max(r, g, b);
      const min = Math.min(r, g, b);
      const range = max - min;
      if (range === 0) {
        to[i] = to[i + 1] = to[i + 2] = max;
        continue;
      }
      // Sixths of the circle, then 8 bits.
      let sixths = r === max ? (g - b) / range : g === max ? 2 + (b - r) / range : 4 + (r - g) / range;
      if (sixths < 0) sixths += 6;
      const hue = (((sixths * 255) / 6 + 1e-5) | 0) + turn;
      const saturation = ((range / max) * 255 + 1e-5) | 0;
      if (saturation === 0) {
        to[i] = to[i + 1] = to[i + 2] = max;
        continue;
      }
      const h = ((hue & 255) * 6) / 255;
      const sector = h | 0;
      const f = h - sector;
      const s = saturation / 255;
      const p = (max * (1 - s) + 0.5) | 0;
      const q = (max * (1 - s * f) + 0.5) | 0;
      const t = (max * (1 - s * (1 - f)) + 0.5) | 0;
      const inRed = sector === 0 || sector >= 5 ? max : sector === 1 ? q : sector === 4 ? t : p;
      const inGreen = sector === 1 || sector === 2 ? max : sector === 3 ? q : sector === 0 || sector === 6 ? t : p;
      const inBlue = sector === 3 || sector === 4 ? max : sector === 5 ? q : sector === 2 ? t : p;
      to[i] = inRed;
      to[i + 1] = inGreen;
      to[i + 2] = inBlue;
    }
  });
};

/** Channels in another order: output channel c is input channel `order[c]`. */
export const permuteChannels = (image: Image, order: ArrayLike<number>): Image => {
  const [r, g, b] = [order[0]!, order[1]!, order[2]!];
  return changed(image, true, (from, to) => {
    for (let i = 0; i < from.length; i += 3) {
      to[i] = from[i + r]!;
      to[i + 1] = from[i + g]!;
      to[i + 2] = from[i + b]!;
    }
  });
};
