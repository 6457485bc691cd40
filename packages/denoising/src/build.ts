import { type Assignment, BACKGROUND, fail, IGNORE, type KnownQueries, type Targets } from '@detrain/core';
import type { DenoisingDraws } from './draws.ts';
import { denoisingLayout } from './layout.ts';
import { denoisingMask } from './mask.ts';
import { noisedBox } from './noise.ts';

/** Options of `buildDenoising`. */
export interface BuildDenoisingOptions {
  readonly numClasses: number;
  readonly numQueries: number;
  /** About how many positives an image: the official `num_denoising`. */
  readonly count?: number;
  /** Twice the share of queries that get a random class. */
  readonly labelNoise?: number;
  /** How far edges move, in half sizes: up to once for positives, once to twice for negatives. */
  readonly boxNoise?: number;
  /** `absolute`: a flipped box has its size back (D-FINE, DEIM); `kept`: its size becomes about 0 (RT-DETR). */
  readonly negativeSizes?: 'absolute' | 'kept';
  /** Queries an image has after padding; absent: no padding. */
  readonly padTo?: number;
}

/**
 * Contrastive denoising queries of one batch from explicit draws (DINO, section 3.3; RT-DETR's and D-FINE's form of it).
 *
 * Group by group, [positives, negatives], both in the order of the image's targets; positive k answers for target k. Draws are for
 * the `denoisingLayout` of these targets, without padding. Returns null for a batch without targets. Throws where the draws or
 * `padTo` do not fit.
 */
export const buildDenoising = (
  targets: readonly Targets[],
  draws: DenoisingDraws,
  {
    numClasses,
    numQueries,
    count = 100,
    labelNoise = 0.5,
    boxNoise = 1,
    negativeSizes = 'absolute',
    padTo,
  }: BuildDenoisingOptions,
): KnownQueries | null => {
  const layout = denoisingLayout(targets, count);
  if (!layout) return null;
  const { slots, groups, queries } = layout;
  const padded = padTo ?? queries;
  if (padded < queries)
    fail(
      'denoising',
      `${queries} queries`,
      `At most ${padded} fit`,
      'Raise count or maxTargets, or pass fewer targets',
    );
  if (draws.labelMask.length !== targets.length * queries || draws.boxPart.length !== 4 * targets.length * queries)
    fail(
      'denoising',
      `draws for ${draws.labelMask.length} queries`,
      `This batch has ${targets.length} x ${queries}`,
      'Draw for the layout of these targets',
    );

  const labels = new Int32Array(targets.length * padded).fill(numClasses);
  // Queries without a target have the box of zeros; its clamped logit is the same everywhere.
  const boxes = new Float32Array(4 * targets.length * padded).fill(Math.log(1e-5));
  const assignments: Assignment[] = targets.map((target, b) => {
    const targetOf = new Int32Array(padded).fill(BACKGROUND, 0, queries).fill(IGNORE, queries);
    for (let query = 0; query < queries; query++) {
      const k = query % slots;
      if (k >= target.labels.length) continue;
      const negative = query % (2 * slots) >= slots;
      const drawn = b * queries + query;
      const to = b * padded + query;
      const replaced = (draws.labelMask[drawn] as number) < labelNoise * 0.5;
      labels[to] = replaced ? (draws.newLabel[drawn] as number) : (target.labels[k] as number);
      noisedBox(boxes, to, target.boxes, k, draws, drawn, { negative, scale: boxNoise, negativeSizes });
      if (!negative) targetOf[query] = k;
    }
    return { targetOf };
  });
  const blocked = denoisingMask(layout, padded, numQueries);
  return { name: 'denoising', count: padded, labels, boxes, blocked, assignments, groups };
};
