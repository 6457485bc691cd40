import { BACKGROUND, countBoxes, fail, IGNORE } from '@detrain/core';

const { fround, max, min } = Math;

/** What `assignFcos` assigns, in pixels. */
export interface FcosInput {
  /** x y `[count * 2]` */
  readonly points: Float32Array;
  /** Points a pyramid level, in order. */
  readonly levels: readonly number[];
  /** x1 y1 x2 y2 `[targets * 4]` */
  readonly targets: Float32Array;
  /** 0 for points that are left out `[count]`. */
  readonly valid?: Uint8Array;
}

/** Smallest and largest distance, in pixels, that a level's points regress. */
export type RegressRange = readonly [from: number, to: number];

/** Options of the rule. */
export interface FcosRule {
  /** One a level. Default: `FCOS_RANGES`. */
  readonly ranges?: readonly RegressRange[];
  /** Only points within this many pixels of a target's centre, one number a level (1.5 strides); absent: within the target. */
  readonly reach?: readonly number[];
}

/** Who answers for whom. */
export interface FcosResult {
  /** A target's index, BACKGROUND or IGNORE `[count]`. */
  readonly targetOf: Int32Array;
  /** Distances left, top, right, bottom from each positive to its target's sides, 0 elsewhere `[count * 4]`. */
  readonly distances: Float32Array;
}

/** Ranges of five levels of strides 8 to 128 (Tian et al. 2019, section 3.2); the last one has no end. */
export const FCOS_RANGES: readonly RegressRange[] = [
  [-1, 64],
  [64, 128],
  [128, 256],
  [256, 512],
  [512, 1e8],
];

/**
 * FCOS's rule (Tian et al. 2019, section 3) in pixels: a point answers for the smallest target that it is inside of and whose farthest
 * side is in its level's range; of equally large ones for the first. With `reach`, inside means inside a square around the target's
 * centre, clipped to the target. Inside is strict, ranges include both ends; float32, as in mmdetection.
 *
 * Throws where levels, points and ranges do not fit.
 */
export const assignFcos = (
  { points, levels, targets, valid }: FcosInput,
  { ranges = FCOS_RANGES, reach }: FcosRule = {},
): FcosResult => {
  const count = points.length / 2;
  const total = levels.reduce((sum, n) => sum + n, 0);
  if (total !== count || ranges.length !== levels.length || (reach && reach.length !== levels.length))
    fail(
      'assigner-fcos',
      `${count} points, ${levels.length} levels of ${total} points in all, ${ranges.length} ranges`,
      'Every point is in one level, and every level has a range',
      'Pass the points of each level, and as many ranges',
    );
  const targetOf = new Int32Array(count).fill(BACKGROUND);
  const distances = new Float32Array(4 * count);
  const targetCount = countBoxes(targets);
  let i = 0;
  levels.forEach((n, level) => {
    const [from, to] = ranges[level]!;
    const radius = reach?.[level] ?? Infinity;
    for (const end = i + n; i < end; i++) {
      if (valid?.[i] === 0) {
        targetOf[i] = IGNORE;
        continue;
      }
      const x = points[2 * i]!;
      const y = points[2 * i + 1]!;
      let smallest = Infinity;
      for (let target = 0; target < targetCount; target++) {
        const x1 = targets[4 * target]!;
        const y1 = targets[4 * target + 1]!;
        const x2 = targets[4 * target + 2]!;
        const y2 = targets[4 * target + 3]!;
        const left = fround(x - x1);
        const top = fround(y - y1);
        const right = fround(x2 - x);
        const bottom = fround(y2 - y);
        if (!(left > 0 && top > 0 && right > 0 && bottom > 0)) continue;
        if (!nearCentre(x, x1, x2, radius) || !nearCentre(y, y1, y2, radius)) continue;
        const farthest = max(left, top, right, bottom);
        if (!(farthest >= from && farthest <= to)) continue;
        const area = fround(fround(x2 - x1) * fround(y2 - y1));
        if (!(area < smallest)) continue;
        smallest = area;
        targetOf[i] = target;
        distances[4 * i] = left;
        distances[4 * i + 1] = top;
        distances[4 * i + 2] = right;
        distances[4 * i + 3] = bottom;
      }
    }
  });
  return { targetOf, distances };
};

/** Whether a coordinate lies inside the part of [low, high] that is at most `radius` from its middle. */
const nearCentre = (at: number, low: number, high: number, radius: number): boolean => {
  if (radius === Infinity) return true;
  const middle = fround(low + high) / 2;
  const from = max(fround(middle - radius), low);
  const to = min(fround(middle + radius), high);
  return fround(at - from) > 0 && fround(to - at) > 0;
};
