import type { KnownQuerySource, Rng, Targets } from '@detrain/core';
import { buildDenoising } from './build.ts';
import { drawDenoising } from './draws.ts';
import { denoisingLayout } from './layout.ts';

/** Options of `contrastiveDenoising`. */
export interface ContrastiveDenoisingOptions {
  /** About how many positives an image: the official `num_denoising`. */
  readonly count?: number;
  /** Twice the share of queries that get a random class. */
  readonly labelNoise?: number;
  /** How far edges move, in half sizes. */
  readonly boxNoise?: number;
  /** Images with more targets lend a random subset of this many. */
  readonly maxTargets?: number;
  /** What becomes of a box whose edges crossed: D-FINE and DEIM take the size's absolute value, RT-DETR keeps it. */
  readonly negativeSizes?: 'absolute' | 'kept';
}

/**
 * Contrastive denoising queries (DINO, section 3.3): noised copies of the targets, the positives answering for their target, the
 * negatives for nothing. Always padded to 2 * max(count, maxTargets) queries, so that shapes do not change from step to step; null
 * for a batch without targets.
 */
export const contrastiveDenoising = ({
  count = 100,
  labelNoise = 0.5,
  boxNoise = 1,
  maxTargets = 100,
  negativeSizes = 'absolute',
}: ContrastiveDenoisingOptions = {}): KnownQuerySource => {
  const padTo = 2 * Math.max(count, maxTargets);
  return {
    name: 'contrastive-denoising',
    options: { count, labelNoise, boxNoise, maxTargets, negativeSizes },
    count: padTo,
    build: (targets, { rng, numClasses, numQueries }) => {
      const subsets = targets.map((target, b) => subset(target, maxTargets, rng.fork(`subset.${b}`)));
      const layout = denoisingLayout(
        subsets.map(({ targets: kept }) => kept),
        count,
      );
      if (!layout) return null;
      const draws = drawDenoising(rng, targets.length, layout.queries, numClasses);
      const known = buildDenoising(
        subsets.map(({ targets: kept }) => kept),
        draws,
        { numClasses, numQueries, count, labelNoise, boxNoise, negativeSizes, padTo },
      );
      subsets.forEach(({ indices }, b) => {
        const targetOf = known?.assignments[b]?.targetOf;
        if (!indices || !targetOf) return;
        for (let q = 0; q < targetOf.length; q++)
          if ((targetOf[q] as number) >= 0) targetOf[q] = indices[targetOf[q] as number] as number;
      });
      return known;
    },
  };
};

/** At most `limit` targets, a random subset in the original order where there are more, with their original indices. */
const subset = (
  targets: Targets,
  limit: number,
  rng: Rng,
): { readonly targets: Targets; readonly indices?: Int32Array } => {
  if (targets.labels.length <= limit) return { targets };
  const indices = rng.permutation(targets.labels.length).slice(0, limit).sort();
  const boxes = new Float32Array(4 * limit);
  const labels = new Int32Array(limit);
  indices.forEach((from, to) => {
    boxes.set(targets.boxes.subarray(4 * from, 4 * from + 4), 4 * to);
    labels[to] = targets.labels[from] as number;
  });
  return { targets: { boxes, labels }, indices };
};
