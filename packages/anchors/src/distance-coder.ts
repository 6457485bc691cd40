import { countBoxes, fail, type PixelSize } from '@detrain/core';
import { clip } from './delta-coder.ts';

const { max, min } = Math;

/** Options of `encodeDistances`. */
export interface EncodeDistancesOptions {
  /** Distances are kept within [0, most - margin]; absent: as they are (FCOS). */
  readonly most?: number;
  /** Default: 0.1, so that a distance has a bin above it (GFL: 16 - 0.1). */
  readonly margin?: number;
}

const checkPoints = (points: Float32Array, count: number): void => {
  if (points.length !== 2 * count)
    fail(
      'anchors',
      `${points.length / 2} points for ${count} boxes`,
      'One a box is wanted',
      'Pair every point with its box',
    );
};

/**
 * Distances left, top, right, bottom `[count * 4]` from points x y to the sides of boxes x1 y1 x2 y2, in the boxes' unit (FCOS,
 * section 3.1). Throws where their numbers differ.
 */
export const encodeDistances = (
  points: Float32Array,
  boxes: Float32Array,
  { most, margin = 0.1 }: EncodeDistancesOptions = {},
): Float32Array => {
  const count = countBoxes(boxes);
  checkPoints(points, count);
  const out = new Float32Array(4 * count);
  for (let k = 0; k < out.length; k++) {
    const point = points[2 * (k >> 2) + (k & 1)] as number;
    const edge = boxes[k] as number;
    const distance = k % 4 < 2 ? point - edge : edge - point;
    out[k] = most === undefined ? distance : min(max(distance, 0), most - margin);
  }
  return out;
};

/**
 * Boxes x1 y1 x2 y2 `[count * 4]` from points x y and distances left, top, right, bottom, clipped to an image where one is given.
 * Throws where their numbers differ.
 */
export const decodeDistances = (points: Float32Array, distances: Float32Array, imageSize?: PixelSize): Float32Array => {
  const count = countBoxes(distances);
  checkPoints(points, count);
  const out = new Float32Array(4 * count);
  for (let k = 0; k < out.length; k++) {
    const point = points[2 * (k >> 2) + (k & 1)] as number;
    out[k] = k % 4 < 2 ? point - (distances[k] as number) : point + (distances[k] as number);
  }
  if (imageSize) clip(out, imageSize);
  return out;
};
