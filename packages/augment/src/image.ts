import { fail, type Image } from '@detrain/core';
import { geometryKernels, PART, reserve, SLACK } from './kernels/instance.ts';

/**
 * The part of an image outside which all is black, where that is known. Padding makes large black areas;
 * knowing them saves the passes that follow from reading them. Never part of an image's value.
 */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const regions = new WeakMap<Image, Region>();

/** Records that an image is black outside a region, in pixels. */
export const markContent = (image: Image, region: Region): Image => {
  const left = Math.min(Math.max(region.left, 0), image.width);
  const top = Math.min(Math.max(region.top, 0), image.height);
  const right = Math.max(left, Math.min(region.right, image.width));
  const bottom = Math.max(top, Math.min(region.bottom, image.height));
  regions.set(image, { left, top, right, bottom });
  return image;
};

/** The region outside which an image is known to be black: all of it, where nothing is known. */
export const contentOf = (image: Image): Region =>
  regions.get(image) ?? { left: 0, top: 0, right: image.width, bottom: image.height };

/** A black image. */
export const blackImage = (width: number, height: number): Image => {
  if (!(width >= 1 && height >= 1 && Number.isInteger(width) && Number.isInteger(height)))
    fail(
      'augment',
      `image size ${width}x${height}`,
      'whole numbers of at least 1',
      'check the sizes given to the augmentation',
    );
  return { width, height, data: new Uint8Array(width * height * 3) };
};

/** Copies `source` onto `target` with its top-left corner at (left, top), in place; what falls outside is left out. */
export const pasteInto = (target: Image, source: Image, left: number, top: number): void => {
  const x0 = Math.max(0, left);
  const x1 = Math.min(target.width, left + source.width);
  if (x1 <= x0) return;
  const y1 = Math.min(target.height, top + source.height);
  for (let y = Math.max(0, top); y < y1; y++) {
    const from = ((y - top) * source.width + (x0 - left)) * 3;
    target.data.set(source.data.subarray(from, from + (x1 - x0) * 3), (y * target.width + x0) * 3);
  }
};

/** The rectangle of an image with its top-left corner at (left, top); it must lie inside. */
export const cropImage = (image: Image, left: number, top: number, width: number, height: number): Image => {
  const out = blackImage(width, height);
  const content = contentOf(image);
  const x0 = Math.max(left, content.left);
  const x1 = Math.min(left + width, content.right);
  const y1 = Math.min(top + height, content.bottom);
  if (x1 > x0) {
    for (let y = Math.max(top, content.top); y < y1; y++) {
      const from = (y * image.width + x0) * 3;
      out.data.set(image.data.subarray(from, from + (x1 - x0) * 3), ((y - top) * width + (x0 - left)) * 3);
    }
  }
  return markContent(out, {
    left: content.left - left,
    top: content.top - top,
    right: content.right - left,
    bottom: content.bottom - top,
  });
};

/** An image mirrored left to right. */
export const flipImage = (image: Image): Image => {
  const { width, height, data } = image;
  const out: Image = { width, height, data: new Uint8Array(data.length) };
  const { left, top, right, bottom } = contentOf(image);
  markContent(out, { left: width - right, top, right: width - left, bottom });
  const length = (right - left) * 3;
  const kernels = geometryKernels();
  const memory = reserve(kernels, 2 * (length + SLACK));
  const at = length + SLACK;
  for (let y = top; y < bottom; y++) {
    const row = y * width * 3;
    memory.set(data.subarray(row + left * 3, row + right * 3));
    kernels.mirror(0, at, right - left);
    out.data.set(memory.subarray(at, at + length), row + (width - right) * 3);
  }
  return out;
};

/** Writes an image's bytes as float32 in [0, 1] `[height, width, 3]`, from an index on. */
export const writeFloats = ({ data }: Image, out: Float32Array, offset: number): void => {
  const kernels = geometryKernels();
  const at = PART + SLACK;
  const memory = reserve(kernels, at + PART * 4 + SLACK);
  const floats = new Float32Array(memory.buffer, at, PART);
  for (let start = 0; start < data.length; start += PART) {
    const part = data.subarray(start, start + PART);
    memory.set(part);
    kernels.floats(0, at, part.length);
    out.set(floats.subarray(0, part.length), offset + start);
  }
};
