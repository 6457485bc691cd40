import type { Image } from '@detrain/core';
import { blackImage, contentOf, markContent } from './image.ts';

/** Fixed-point bits of a weight: 8 for the sample, 2 to spare, as Pillow has it, so that results are equal to its. */
const BITS = 22;
const HALF = 1 << (BITS - 1);

interface Weights {
  /** First source index per output `[out]`. */
  readonly first: Int32Array;
  /** Taps per output `[out]`. */
  readonly count: Int32Array;
  /** Fixed-point weights `[out * stride]`. */
  readonly weights: Int32Array;
  readonly stride: number;
}

/** Weights of the triangle filter, widened by the factor of reduction (antialias), normalised at the borders. */
const triangleWeights = (from: number, to: number): Weights => {
  const scale = from / to;
  const support = Math.max(scale, 1);
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Int32Array(to * stride);
  const raw = new Float64Array(stride);
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const taps = Math.min(from, Math.trunc(center + support + 0.5)) - start;
    let sum = 0;
    for (let t = 0; t < taps; t++) {
      const distance = Math.abs((t + start - center + 0.5) / support);
      raw[t] = distance < 1 ? 1 - distance : 0;
      sum += raw[t]!;
    }
    for (let t = 0; t < taps; t++) weights[i * stride + t] = Math.trunc((raw[t]! / sum) * (1 << BITS) + 0.5);
    first[i] = start;
    count[i] = taps;
  }
  return { first, count, weights, stride };
};

const known = new Map<string, Weights>();
const weightsOf = (from: number, to: number): Weights => {
  const key = `${from}>${to}`;
  let found = known.get(key);
  if (!found) {
    if (known.size > 256) known.clear();
    found = triangleWeights(from, to);
    known.set(key, found);
  }
  return found;
};

/** The outputs `[low, high)` whose taps touch the sources `[from, to)`. */
const touched = ({ first, count }: Weights, from: number, to: number): readonly [number, number] => {
  let low = 0;
  while (low < first.length && first[low]! + count[low]! <= from) low++;
  let high = first.length;
  while (high > low && first[high - 1]! >= to) high--;
  return [low, high];
};

/** Rows `[top, bottom)` of an image resized along x. */
const resizeRows = (image: Image, to: number, top: number, bottom: number): Uint8Array => {
  const { width, data } = image;
  const table = weightsOf(width, to);
  const { first, count, weights, stride } = table;
  const content = contentOf(image);
  const [low, high] = touched(table, content.left, content.right);
  const out = new Uint8Array((bottom - top) * to * 3);
  for (let y = top; y < bottom; y++) {
    const row = y * width * 3;
    let o = ((y - top) * to + low) * 3;
    for (let x = low; x < high; x++) {
      let p = row + first[x]! * 3;
      let k = x * stride;
      let r = HALF;
      let g = HALF;
      let b = HALF;
      for (const end = k + count[x]!; k < end; k++) {
        const w = weights[k]!;
        r = (r + Math.imul(data[p]!, w)) | 0;
        g = (g + Math.imul(data[p + 1]!, w)) | 0;
        b = (b + Math.imul(data[p + 2]!, w)) | 0;
        p += 3;
      }
      out[o] = r >> BITS;
      out[o + 1] = g >> BITS;
      out[o + 2] = b >> BITS;
      o += 3;
    }
  }
  return out;
};

type Four = readonly [number, number, number, number];

/** Adds four weighted rows to sums. */
const addRows = (sums: Int32Array, rows: Uint8Array, [a, b, c, d]: Four, [wa, wb, wc, wd]: Four): void => {
  for (let x = 0; x < sums.length; x++)
    sums[x] =
      (sums[x]! +
        Math.imul(rows[a + x]!, wa) +
        Math.imul(rows[b + x]!, wb) +
        Math.imul(rows[c + x]!, wc) +
        Math.imul(rows[d + x]!, wd)) |
      0;
};

/**
 * An image resized to a size, aspect ignored: bilinear with antialias, two passes of 8 bits, equal to Pillow's
 * `resize(…, BILINEAR)` and so to torchvision's `Resize` on a PIL image.
 */
export const resizeImage = (image: Image, width: number, height: number): Image => {
  if (image.width === width && image.height === height) return image;
  const content = contentOf(image);
  const across = image.width === width ? null : resizeRows(image, width, content.top, content.bottom);
  const scaleX = width / image.width;
  const pad = Math.max(1, scaleX);
  const left = Math.floor(content.left * scaleX - pad);
  const right = Math.ceil(content.right * scaleX + pad);
  const out = blackImage(width, height);
  // The first pass kept the rows of the content only.
  const rows = across ?? image.data;
  const offset = across ? content.top : 0;
  const length = width * 3;
  const table = weightsOf(image.height, height);
  const [low, high] = touched(table, content.top, content.bottom);
  const sums = new Int32Array(length);
  for (let y = low; y < high; y++) {
    const start = Math.max(table.first[y]!, content.top);
    const end = Math.min(table.first[y]! + table.count[y]!, content.bottom);
    const shift = y * table.stride - table.first[y]!;
    sums.fill(HALF);
    for (let row = start; row < end; row += 4) {
      // Four rows a pass; a row that is not there is any other at weight 0.
      const weight = (k: number) => (row + k < end ? table.weights[shift + row + k]! : 0);
      const offsetOf = (k: number) => ((row + k < end ? row + k : row) - offset) * length;
      addRows(
        sums,
        rows,
        [offsetOf(0), offsetOf(1), offsetOf(2), offsetOf(3)],
        [weight(0), weight(1), weight(2), weight(3)],
      );
    }
    const o = y * length;
    for (let x = 0; x < length; x++) out.data[o + x] = sums[x]! >> BITS;
  }
  return markContent(out, { left, top: low, right, bottom: high });
};

/** An image resized by taking source pixel floor(i * from / to): torch's `interpolate(mode='nearest')`. */
export const resizeNearest = (image: Image, width: number, height: number): Image => {
  if (image.width === width && image.height === height) return image;
  const out = blackImage(width, height);
  resizeNearestInto(image.data, image.width, image.height, out.data, width, height, 3);
  return out;
};

/** Nearest-neighbour resizing of interleaved samples of any kind, into `out`. */
export const resizeNearestInto = (
  data: ArrayLike<number>,
  width: number,
  height: number,
  out: { [index: number]: number },
  toWidth: number,
  toHeight: number,
  channels: number,
): void => {
  const columns = Int32Array.from(
    { length: toWidth },
    (_, x) => Math.min(Math.floor(Math.fround(x * Math.fround(width / toWidth))), width - 1) * channels,
  );
  let o = 0;
  for (let y = 0; y < toHeight; y++) {
    const row = Math.min(Math.floor(Math.fround(y * Math.fround(height / toHeight))), height - 1) * width * channels;
    for (let x = 0; x < toWidth; x++) {
      const p = row + columns[x]!;
      for (let c = 0; c < channels; c++) out[o++] = data[p + c]!;
    }
  }
};
