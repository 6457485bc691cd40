import { type Assigner, centerness, type PixelSize, toPixelCorners } from '@detrain/core';
import { assignFcos, FCOS_RANGES, type RegressRange } from './assign-fcos.ts';

/** Options of `fcos`. */
export interface FcosOptions {
  /** Smallest and largest distance in pixels that each level regresses. Default: those of strides 8 to 128. */
  readonly ranges?: readonly RegressRange[];
  /** Pixels from one point to the next, one a level; wanted with `radius` only. Default: `[8, 16, 32, 64, 128]`. */
  readonly strides?: readonly number[];
  /** Centre sampling: only points within this many strides of a target's centre; null: within the target. Default: null; 1.5 is usual. */
  readonly radius?: number | null;
  /** What the unit square stands for, in pixels. Default: `[640, 640]`. */
  readonly imageSize?: PixelSize;
}

type Sides = readonly [left: number, top: number, right: number, bottom: number];

/**
 * FCOS (Tian et al. 2019): a point answers for the smallest target around it, on the level that fits the target's size.
 *
 * Candidates are squares around points, of which only the centres count, or anchors; `levels` are wanted, as many as ranges. Positives have
 * their centerness as quality and box weight. Candidates that are not `valid` are ignored. Throws where levels and ranges do not fit.
 */
export const fcos = ({
  ranges = FCOS_RANGES,
  strides = [8, 16, 32, 64, 128],
  radius = null,
  imageSize = [640, 640],
}: FcosOptions = {}): Assigner => ({
  name: 'fcos',
  options: {
    ranges: ranges.map((range) => [...range]),
    ...(radius !== null && { strides: [...strides], radius }),
    imageSize: [...imageSize],
  },
  cardinality: 'one-to-many',
  assign: ({ boxes, levels = [boxes.length / 4], valid }, targets) => {
    const [width, height] = imageSize;
    const points = new Float32Array(boxes.length / 2);
    for (let i = 0; i < points.length / 2; i++) {
      points[2 * i] = boxes[4 * i]! * width;
      points[2 * i + 1] = boxes[4 * i + 1]! * height;
    }
    const { targetOf, distances } = assignFcos(
      { points, levels, targets: toPixelCorners(targets.boxes, imageSize), ...(valid && { valid }) },
      { ranges, ...(radius !== null && { reach: strides.map((stride) => stride * radius) }) },
    );
    const quality = Float32Array.from(targetOf, (target, i) =>
      target < 0 ? 0 : centerness(...(distances.subarray(4 * i, 4 * i + 4) as unknown as Sides)),
    );
    return { targetOf, quality, boxWeight: quality };
  },
});
