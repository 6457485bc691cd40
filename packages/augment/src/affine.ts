import type { Augmentation, Image, Sample } from '@detrain/core';
import { blackImage } from './image.ts';
import { geometryKernels, PART, reserve, SLACK } from './kernels/instance.ts';
import { fromPixels, toPixels } from './pixel-boxes.ts';

/** A turn, a shift and a scale about the centre of an image. */
export interface AffineParameters {
  /** Clockwise as seen, in degrees. */
  readonly angle: number;
  /** In pixels. */
  readonly translate: readonly [x: number, y: number];
  readonly scale: number;
}

/** The 2x3 matrix `[a, b, c, d, e, f]`: x' = a x + b y + c, y' = d x + e y + f, in pixels. */
type Matrix = readonly [number, number, number, number, number, number];

/** Input position -> output position. */
const forwardMatrix = ({ angle, translate, scale }: AffineParameters, width: number, height: number): Matrix => {
  const turn = (angle * Math.PI) / 180;
  const cos = Math.cos(turn) * scale;
  const sin = Math.sin(turn) * scale;
  const cx = width / 2;
  const cy = height / 2;
  return [cos, -sin, cx + translate[0] - cos * cx + sin * cy, sin, cos, cy + translate[1] - sin * cx - cos * cy];
};

const invert = ([a, b, c, d, e, f]: Matrix): Matrix => {
  const det = a * e - b * d;
  return [e / det, -b / det, (b * f - c * e) / det, -d / det, a / det, (c * d - a * f) / det];
};

/** Each output pixel's centre is looked up in the input; what falls outside is black. */
const warp = (image: Image, [a, b, c, d, e, f]: Matrix): Image => {
  const { width, height, data } = image;
  const out = blackImage(width, height);
  const kernels = geometryKernels();
  const stride = width * 3;
  const strip = Math.max(1, Math.floor(PART / stride));
  const at = data.length + SLACK;
  const memory = reserve(kernels, at + strip * stride + SLACK);
  memory.set(data);
  for (let start = 0; start < height; start += strip) {
    const end = Math.min(start + strip, height);
    for (let y = start; y < end; y++) {
      const sx = a * 0.5 + b * (y + 0.5) + c;
      const sy = d * 0.5 + e * (y + 0.5) + f;
      kernels.warp(0, width, height, at + (y - start) * stride, sx, sy, a, d);
    }
    out.data.set(memory.subarray(at, at + (end - start) * stride), start * stride);
  }
  return out;
};

const hulls = (boxes: Float64Array, [a, b, c, d, e, f]: Matrix): Float64Array => {
  const out = new Float64Array(boxes.length);
  for (let i = 0; i < boxes.length; i += 4) {
    const [x1, y1, x2, y2] = [boxes[i]!, boxes[i + 1]!, boxes[i + 2]!, boxes[i + 3]!];
    const xs = [a * x1 + b * y1 + c, a * x2 + b * y1 + c, a * x1 + b * y2 + c, a * x2 + b * y2 + c];
    const ys = [d * x1 + e * y1 + f, d * x2 + e * y1 + f, d * x1 + e * y2 + f, d * x2 + e * y2 + f];
    out[i] = Math.min(...xs);
    out[i + 1] = Math.min(...ys);
    out[i + 2] = Math.max(...xs);
    out[i + 3] = Math.max(...ys);
  }
  return out;
};

/** A sample turned, shifted and scaled on a canvas of its own size: nearest pixels, black outside, boxes' hulls clamped. */
export const affineSample = (sample: Sample, parameters: AffineParameters): Sample => {
  const { image } = sample;
  const { width, height } = image;
  const forward = forwardMatrix(parameters, width, height);
  const { boxes, labels } = toPixels(sample.targets, width, height);
  return {
    ...sample,
    image: warp(image, invert(forward)),
    targets: fromPixels({ boxes: hulls(boxes, forward), labels }, width, height),
  };
};

export interface AffineOptions {
  /** Greatest turn either way, in degrees (10). */
  readonly degrees?: number;
  /** Greatest shift either way, as a share of each side (0.1). */
  readonly translate?: number;
  /** Least and greatest scale (0.5 to 1.5). */
  readonly scale?: readonly [number, number];
}

/** Turns, shifts and scales at random (torchvision v2's `RandomAffine`, nearest, black outside). */
export const randomAffine = ({
  degrees = 10,
  translate = 0.1,
  scale = [0.5, 1.5],
}: AffineOptions = {}): Augmentation => ({
  name: 'random-affine',
  options: { degrees, translate, scale },
  apply(sample, { rng }) {
    const { width, height } = sample.image;
    const angle = rng.uniform(-degrees, degrees);
    const dx = Math.round(rng.uniform(-translate * width, translate * width));
    const dy = Math.round(rng.uniform(-translate * height, translate * height));
    return affineSample(sample, { angle, translate: [dx, dy], scale: rng.uniform(scale[0], scale[1]) });
  },
});
