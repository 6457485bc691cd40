import { type Assignment, pairsOf, type Targets } from '@detrain/core';
import { COCO_AREAS } from './coco/params.ts';

/** Targets of one size and the candidates that answer for them. */
export interface PositivesOfSize {
  readonly targets: number;
  readonly positives: number;
  /** Positives a target; 0 without targets. */
  readonly mean: number;
  /** Of the target with the fewest and the one with the most; 0 without targets. */
  readonly fewest: number;
  readonly most: number;
  /** Targets that nothing answers for. */
  readonly unmatched: number;
}

/** One image's matches. */
export interface MatchedImage {
  readonly assignment: Assignment;
  readonly targets: Targets;
  /** In pixels: what `small`, `medium` and `large` are measured in. */
  readonly width: number;
  readonly height: number;
}

/** How many positives targets have, by COCO's size ranges: `all`, `small`, `medium`, `large`. */
export const positivesPerTarget = (images: readonly MatchedImage[]): Readonly<Record<string, PositivesOfSize>> => {
  const sums = COCO_AREAS.map(() => ({ targets: 0, positives: 0, fewest: 0, most: 0, unmatched: 0 }));
  for (const { assignment, targets, width, height } of images) {
    const perTarget = new Int32Array(targets.labels.length);
    for (const target of pairsOf(assignment).targets) perTarget[target] = (perTarget[target] as number) + 1;
    perTarget.forEach((positives, j) => {
      const area = (targets.boxes[4 * j + 2] as number) * width * (targets.boxes[4 * j + 3] as number) * height;
      COCO_AREAS.forEach(({ name, min, max }, a) => {
        // Each object is in one size only, so that sizes add up to all.
        if (name !== 'all' && !(area >= min && (area < max || name === 'large'))) return;
        const sum = sums[a] as (typeof sums)[number];
        sum.fewest = sum.targets === 0 ? positives : Math.min(sum.fewest, positives);
        sum.most = Math.max(sum.most, positives);
        sum.targets++;
        sum.positives += positives;
        if (positives === 0) sum.unmatched++;
      });
    });
  }
  return Object.fromEntries(
    COCO_AREAS.map(({ name }, a) => {
      const sum = sums[a] as (typeof sums)[number];
      return [name, { ...sum, mean: sum.targets === 0 ? 0 : sum.positives / sum.targets }];
    }),
  );
};
