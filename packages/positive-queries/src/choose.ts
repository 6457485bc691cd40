import { type Assignment, BACKGROUND, IGNORE, type Rng } from '@detrain/core';

/** Which candidates become queries. */
export interface ChoiceRule {
  /** Fewest queries an image. Default: 9. */
  readonly min?: number;
  /** Most queries an image. Default: 300 (`max_pos_coords`). */
  readonly max?: number;
  /** What images with fewer positives get: random negatives, or zeros that nothing sees. Default: `negatives`. */
  readonly padding?: 'negatives' | 'zeros';
  /** Which candidates count as negatives: those of the background, or ignored ones, too (the published code). Default: `background`. */
  readonly negatives?: 'background' | 'unmatched';
}

/** The candidates that become queries in a batch. */
export interface Choice {
  /** Queries an image. */
  readonly count: number;
  /** Candidates of each image, positives first; shorter than `count` where zeros follow. */
  readonly chosen: readonly Int32Array[];
}

/**
 * Chooses candidates for a batch: every image has as many as the one with most positives, within `min` and `max` (Co-DETR, section 3.3).
 *
 * More positives than that: a random subset. Fewer: random negatives of the same image, the same ones again where they do not suffice;
 * nothing where there are none. Draws, image by image, one permutation of the positives or of the negatives, and only where it needs one.
 */
export const choosePositives = (
  assignments: readonly Assignment[],
  rng: Rng,
  { min = 9, max = 300, padding = 'negatives', negatives = 'background' }: ChoiceRule = {},
): Choice => {
  const positives = assignments.map(({ targetOf }) => indicesWhere(targetOf, (target) => target >= 0));
  const most = positives.reduce((count, { length }) => Math.max(count, length), 0);
  const count = Math.max(min, Math.min(max, most));
  const lowest = negatives === 'unmatched' ? IGNORE : BACKGROUND;
  const chosen = assignments.map(({ targetOf }, image) => {
    const own = positives[image]!;
    if (own.length > count) {
      const order = rng.permutation(own.length);
      return order.slice(0, count).map((at) => own[at]!);
    }
    if (own.length === count || padding === 'zeros') return own;
    const others = indicesWhere(targetOf, (target) => target < 0 && target >= lowest);
    if (others.length === 0) return own;
    const order = rng.permutation(others.length);
    const filled = new Int32Array(count);
    filled.set(own);
    for (let k = own.length; k < count; k++) filled[k] = others[order[(k - own.length) % order.length]!]!;
    return filled;
  });
  return { count, chosen };
};

const indicesWhere = (targetOf: Int32Array, holds: (target: number) => boolean): Int32Array => {
  const indices: number[] = [];
  targetOf.forEach((target, i) => {
    if (holds(target)) indices.push(i);
  });
  return Int32Array.from(indices);
};
