import type { Image } from '@detrain/core';

/** The kernels' arithmetic in plain loops, a pixel at a time. */

const perPixel = (image: Image, change: (r: number, g: number, b: number) => readonly number[]): Uint8Array => {
  const out = new Uint8Array(image.data.length);
  for (let i = 0; i < out.length; i += 3) out.set(change(image.data[i]!, image.data[i + 1]!, image.data[i + 2]!), i);
  return out;
};

/** Pillow's blend of two bytes: float32, clamped, truncated. */
const blend = (base: number, value: number, factor: number): number => {
  const mixed = Math.fround(base + Math.fround(Math.fround(factor) * (value - base)));
  return Math.trunc(Math.min(255, Math.max(0, mixed)));
};

const grey = (r: number, g: number, b: number): number => (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;

export const brightness = (image: Image, factor: number): Uint8Array =>
  image.data.map((value) => blend(0, value, factor));

export const contrast = (image: Image, factor: number): Uint8Array => {
  let sum = 0;
  perPixel(image, (r, g, b) => {
    sum += grey(r, g, b);
    return [];
  });
  const mean = Math.trunc(sum / (image.data.length / 3) + 0.5);
  return image.data.map((value) => blend(mean, value, factor));
};

export const saturation = (image: Image, factor: number): Uint8Array =>
  perPixel(image, (r, g, b) => [r, g, b].map((value) => blend(grey(r, g, b), value, factor)));

/** Through HSV of 8 bits, in float64. */
export const hue = (image: Image, shift: number): Uint8Array =>
  perPixel(image, (r, g, b) => {
    const max = Math.max(r, g, b);
    const range = max - Math.min(r, g, b);
    if (range === 0) return [max, max, max];
    const sixths = r === max ? (g - b) / range : g === max ? 2 + (b - r) / range : 4 + (r - g) / range;
    const hue = Math.trunc((((sixths + 6) % 6) * 255) / 6 + 1e-5) + Math.trunc(shift * 255);
    const s = Math.trunc((range / max) * 255 + 1e-5) / 255;
    const h = ((hue & 255) * 6) / 255;
    const sector = Math.trunc(h);
    const [p, q, t] = [1 - s, 1 - s * (h - sector), 1 - s * (1 - h + sector)].map((x) => Math.floor(max * x + 0.5));
    const all = [
      [max, t, p],
      [q, max, p],
      [p, max, t],
      [p, q, max],
      [t, p, max],
      [max, p, q],
    ];
    return all[sector % 6] as number[];
  });

export const permuted = (image: Image, order: readonly number[]): Uint8Array =>
  perPixel(image, (...pixel) => order.map((c) => pixel[c]!));

export const mirrored = ({ width, data }: Image): Uint8Array =>
  data.map((_, i) => {
    const pixel = Math.floor(i / 3);
    const x = pixel % width;
    return data[(pixel - x + width - 1 - x) * 3 + (i % 3)]!;
  });

/** One axis of a resizing: samples `step` apart, from the start of each line. */
const axis = (data: Uint8Array, starts: readonly number[], step: number, from: number, to: number): Uint8Array[] => {
  const scale = from / to;
  const support = Math.max(scale, 1);
  const lines = starts.map(() => new Uint8Array(to));
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(from, Math.trunc(center + support + 0.5));
    const raw = Array.from({ length: end - first }, (_, t) =>
      Math.max(0, 1 - Math.abs((t + first - center + 0.5) / support)),
    );
    const sum = raw.reduce((a, b) => a + b, 0);
    const weights = raw.map((weight) => Math.trunc((weight / sum) * 2 ** 22 + 0.5));
    starts.forEach((start, k) => {
      const total = weights.reduce((a, weight, t) => a + weight * data[start + (first + t) * step]!, 2 ** 21);
      lines[k]![i] = Math.floor(total / 2 ** 22);
    });
  }
  return lines;
};

/** Pillow's resizing, bilinear with antialias: along x, then along y, weights of 22 bits. */
export const resized = ({ width, height, data }: Image, toWidth: number, toHeight: number): Uint8Array => {
  const rows = Array.from({ length: height * 3 }, (_, i) => Math.floor(i / 3) * width * 3 + (i % 3));
  const across = width === toWidth ? null : axis(data, rows, 3, width, toWidth);
  const middle = new Uint8Array(toWidth * height * 3);
  across?.forEach((line, k) => {
    line.forEach((value, x) => {
      middle[(Math.floor(k / 3) * toWidth + x) * 3 + (k % 3)] = value;
    });
  });
  if (!across) middle.set(data);
  if (height === toHeight) return middle;
  const columns = Array.from({ length: toWidth * 3 }, (_, i) => i);
  const out = new Uint8Array(toWidth * toHeight * 3);
  axis(middle, columns, toWidth * 3, height, toHeight).forEach((line, x) => {
    line.forEach((value, y) => {
      out[y * toWidth * 3 + x] = value;
    });
  });
  return out;
};
