import { BACKGROUND, fail, IGNORE } from '@detrain/core';
import type { Overlaps } from './overlaps.ts';

/** Which candidates answer for a target although they overlap it less than `positive` (Faster R-CNN, section 3.1.2, case i). */
export interface LowQualityRule {
  /** Least overlap of a target's best candidate. Default 0. */
  readonly minimum?: number;
  /**
   * Whom that candidate answers for: its nearest target (`nearest`: detectron2, DETA), or the target whose best it is, the last of several
   * (`target`: mmdetection). Default `nearest`.
   */
  readonly goesTo?: 'nearest' | 'target';
  /** Whether all candidates that share the best overlap count, or the first only. Default `all`. */
  readonly ties?: 'all' | 'first';
  /** Whether a target that nothing overlaps counts every candidate as its best, as in the official codes. Default false. */
  readonly zeroOverlap?: boolean;
}

/** How overlaps are turned into targets, background and ignored candidates. */
export interface MatchOptions {
  /** A candidate answers for its nearest target from this IoU on. */
  readonly positive: number;
  /** Background below this IoU, or in [low, high); what is neither positive nor background is ignored. */
  readonly negative: number | readonly [low: number, high: number];
  /** Absent: none. */
  readonly lowQuality?: LowQualityRule;
}

/** What a matcher says of each candidate. */
export interface Matches {
  /** Target, BACKGROUND or IGNORE `[candidates]`. */
  readonly targetOf: Int32Array;
  /** The target with the largest IoU, the first of several `[candidates]`; 0 where there are no targets. */
  readonly nearest: Int32Array;
  /** That IoU; -1 where the candidate is left out `[candidates]`. */
  readonly overlap: Float32Array;
}

/** Fills `nearest` and `overlap`; gives each target's largest overlap. */
const findNearest = ({ rows, leftOut }: Overlaps, { nearest, overlap }: Omit<Matches, 'targetOf'>): Float32Array => {
  leftOut?.forEach((out, i) => {
    if (out) overlap[i] = -1;
  });
  return Float32Array.from(rows, ({ candidates, values }, target) => {
    let most = 0;
    for (let m = 0; m < values.length; m++) {
      const value = values[m]!;
      const i = candidates[m]!;
      if (value > most) most = value;
      if (value > overlap[i]!) {
        overlap[i] = value;
        nearest[i] = target;
      }
    }
    return most;
  });
};

/** A target's best candidates; all that are not left out where it overlaps none and the rule wants that. */
const bestOf = (
  { rows, candidates, leftOut }: Overlaps,
  target: number,
  most: number,
  rule: LowQualityRule,
): number[] => {
  const { minimum = 0, ties = 'all', zeroOverlap = false } = rule;
  if (!(most >= Math.fround(minimum))) return [];
  const { candidates: near, values } = rows[target]!;
  const best: number[] = [];
  if (most > 0) {
    for (let m = 0; m < near.length; m++) if (values[m] === most) best.push(near[m]!);
  } else if (zeroOverlap) {
    for (let i = 0; i < candidates; i++) if (!leftOut?.[i]) best.push(i);
  }
  return ties === 'all' ? best : best.slice(0, 1);
};

/**
 * Threshold matching with an ignore band and a low-quality rule: the matcher of detectron2 (RPN, R-CNN, DETA) and the MaxIoUAssigner of
 * mmdetection, which differ in `lowQuality.goesTo`. Thresholds compare as float32, as in PyTorch. Candidates that are left out are ignored.
 *
 * @throws Where `positive` is no number or `negative` is above it.
 */
export const matchByOverlap = (overlaps: Overlaps, { positive, negative, lowQuality }: MatchOptions): Matches => {
  const [from, below] = typeof negative === 'number' ? [0, negative] : negative;
  if (!(from <= below && below <= positive))
    fail(
      'assigner-iou',
      `negative: ${JSON.stringify(negative)}, positive: ${positive}`,
      'Background lies below what is positive',
      'Pass, for instance, negative: 0.3, positive: 0.7',
    );
  const { rows, candidates, leftOut } = overlaps;
  const matches: Matches = {
    targetOf: new Int32Array(candidates).fill(IGNORE),
    nearest: new Int32Array(candidates),
    overlap: new Float32Array(candidates),
  };
  const { targetOf, nearest, overlap } = matches;
  const best = findNearest(overlaps, matches);
  if (rows.length === 0) return { ...matches, targetOf: targetOf.map((_, i) => (leftOut?.[i] ? IGNORE : BACKGROUND)) };
  const [positive32, low32, high32] = [positive, from, below].map(Math.fround) as [number, number, number];
  for (let i = 0; i < candidates; i++) {
    const value = overlap[i]!;
    if (value >= positive32) targetOf[i] = nearest[i]!;
    else if (value >= low32 && value < high32) targetOf[i] = BACKGROUND;
  }
  if (lowQuality)
    rows.forEach((_, target) => {
      for (const i of bestOf(overlaps, target, best[target]!, lowQuality))
        targetOf[i] = lowQuality.goesTo === 'target' ? target : nearest[i]!;
    });
  return matches;
};
