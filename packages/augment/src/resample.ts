import type { Image } from '@detrain/core';
import { blackImage, contentOf, markContent, pasteInto, type Region } from './image.ts';
import { geometryKernels, PART, reserve, SLACK } from './kernels/instance.ts';
import { touched, type Weights, weightsOf } from './resample-weights.ts';

/** Source rows that pass at once; even, as the kernel takes two. */
const STRIP = 16;

/** A span of whole numbers, the end outside. */
type Span = readonly [from: number, to: number];

/** Copies rows of an image's columns into memory. */
const copyIn = (memory: Uint8Array, at: number, stride: number, image: Image, rows: Span, columns: Span): void => {
  const { width, data } = image;
  const length = (columns[1] - columns[0]) * 3;
  if (length === stride && length === width * 3) memory.set(data.subarray(rows[0] * stride, rows[1] * stride), at);
  else
    for (let y = rows[0]; y < rows[1]; y++) {
      const from = (y * width + columns[0]) * 3;
      memory.set(data.subarray(from, from + length), at + (y - rows[0]) * stride);
    }
};

/** Copies rows of memory into an image, with the first byte at an offset. */
const copyOut = (
  memory: Uint8Array,
  at: number,
  stride: number,
  length: number,
  rows: number,
  to: Image,
  offset: number,
) => {
  const step = to.width * 3;
  if (length === stride && length === step) to.data.set(memory.subarray(at, at + rows * stride), offset);
  else
    for (let y = 0; y < rows; y++)
      to.data.set(memory.subarray(at + y * stride, at + y * stride + length), offset + y * step);
};

const aligned = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** Rows of the result that pass at once. */
const stripOf = (length: number): number => Math.max(1, Math.floor(PART / length));

/** What both passes of a resizing need; x has no weights where it stays. Offsets and strides in bytes of memory. */
interface Plan {
  readonly x: Weights | null;
  /** Outputs that are not known to be black. */
  readonly columns: Span;
  readonly rows: Span;
  /** Rows between the passes: those of the content, and black ones where taps of the second pass go beyond. */
  readonly between: Span;
  readonly middleAt: number;
  readonly stride: number;
}

/** Writes the content's rows, resized along x, between black rows. */
const acrossPass = (image: Image, { x, columns, between, middleAt, stride }: Plan, memory: Uint8Array, at: number) => {
  const { top, bottom } = contentOf(image);
  const rowAt = (y: number) => middleAt + (y - between[0]) * stride;
  if (!x) copyIn(memory, rowAt(top), stride, image, [top, bottom], columns);
  else {
    const { first, count, groups, records } = x;
    const kernels = geometryKernels();
    memory.set(new Uint8Array(records.buffer), 0);
    const table = columns[0] * (4 + groups * 16);
    const last = columns[1] - 1;
    const source = [first[columns[0]]!, first[last]! + count[last]!] as const;
    const sourceStride = (source[1] - source[0]) * 3;
    for (let y = top; y < bottom; y += STRIP) {
      const end = Math.min(y + STRIP, bottom);
      copyIn(memory, at, sourceStride, image, [y, end], source);
      for (let row = y; row < end; row += 2) {
        const from = at + (row - y) * sourceStride - source[0] * 3;
        kernels.across(from, sourceStride, rowAt(row), stride, table, groups, columns[1] - columns[0]);
      }
    }
  }
  memory.fill(0, middleAt, rowAt(top));
  memory.fill(0, rowAt(bottom), rowAt(between[1]));
};

/** Where a result goes: its top-left corner in an image. */
interface Target {
  readonly image: Image;
  readonly left: number;
  readonly top: number;
}

const offsetIn = ({ image, left, top }: Target, x: number, y: number): number =>
  ((top + y) * image.width + left + x) * 3;

/** Resizes the rows between the passes along y. */
const downPass = (y: Weights, plan: Plan, memory: Uint8Array, weightsAt: number, at: number, target: Target) => {
  const { columns, rows, between, middleAt, stride } = plan;
  const kernels = geometryKernels();
  memory.set(new Uint8Array(y.records.buffer), weightsAt);
  const record = 4 + y.groups * 16;
  const length = (columns[1] - columns[0]) * 3;
  const strip = stripOf(length);
  for (let start = rows[0]; start < rows[1]; start += strip) {
    const end = Math.min(start + strip, rows[1]);
    for (let row = start; row < end; row++) {
      const from = middleAt + (y.first[row]! - between[0]) * stride;
      kernels.down(from, stride, at + (row - start) * length, length, weightsAt + row * record + 4, y.pairs);
    }
    copyOut(memory, at, length, length, end - start, target.image, offsetIn(target, columns[0], start));
  }
};

/** Writes an image, resized, to a place that is black and large enough; gives the region that is not known to be black. */
const resizeTo = (image: Image, width: number, height: number, target: Target): Region => {
  const content = contentOf(image);
  const x = image.width === width ? null : weightsOf(image.width, width);
  const y = image.height === height ? null : weightsOf(image.height, height);
  const columns = x ? touched(x, content.left, content.right) : ([content.left, content.right] as const);
  const rows = y ? touched(y, content.top, content.bottom) : ([content.top, content.bottom] as const);
  const region = { left: columns[0], top: rows[0], right: columns[1], bottom: rows[1] };
  if (columns[0] >= columns[1] || rows[0] >= rows[1]) return region;

  const between: Span = y
    ? [Math.min(y.first[rows[0]]!, content.top), Math.max(y.first[rows[1] - 1]! + y.pairs * 2, content.bottom)]
    : rows;
  const length = (columns[1] - columns[0]) * 3;
  const stride = aligned(length + 1);
  const yAt = aligned(x ? x.records.byteLength : 0);
  const sourceAt = yAt + aligned(y ? y.records.byteLength : 0);
  const middleAt = sourceAt + aligned(x ? STRIP * image.width * 3 + x.groups * 12 + SLACK : 0);
  // Both loops may write a row too many.
  const outAt = middleAt + aligned((between[1] - between[0] + 1) * stride + SLACK);
  const memory = reserve(geometryKernels(), outAt + stripOf(length) * length + SLACK);
  const plan: Plan = { x, columns, rows, between, middleAt, stride };
  acrossPass(image, plan, memory, sourceAt);
  if (y) downPass(y, plan, memory, yAt, outAt, target);
  else
    copyOut(memory, middleAt, stride, length, rows[1] - rows[0], target.image, offsetIn(target, columns[0], rows[0]));
  return region;
};

/**
 * An image resized to a size, aspect ignored: bilinear with antialias, two passes of 8 bits, equal to Pillow's
 * `resize(…, BILINEAR)` and so to torchvision's `Resize` on a PIL image.
 */
export const resizeImage = (image: Image, width: number, height: number): Image => {
  if (image.width === width && image.height === height) return image;
  const out = blackImage(width, height);
  return markContent(out, resizeTo(image, width, height, { image: out, left: 0, top: 0 }));
};

/** Writes an image, resized as by {@link resizeImage}, onto a black part of `target` with its top-left corner at (left, top). */
export const pasteResized = (
  target: Image,
  image: Image,
  width: number,
  height: number,
  left: number,
  top: number,
): void => {
  if (image.width === width && image.height === height) pasteInto(target, image, left, top);
  else resizeTo(image, width, height, { image: target, left, top });
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
