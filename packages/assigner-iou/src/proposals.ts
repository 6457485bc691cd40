import { batchedNms, byDescendingScore, cxcywhToXyxy, fail } from '@detrain/core';

/** How DETA chooses which encoder proposals become queries. */
export interface ProposalOptions {
  /** Proposals that are chosen, fewer only where there are fewer: the number of queries. */
  readonly count: number;
  /** Best proposals of each level that enter the suppression. Default 1000. */
  readonly perLevel?: number;
  /** IoU above which the lower of two proposals of a level goes. Default 0.9. */
  readonly iou?: number;
  /**
   * Whether levels with fewer than `perLevel` proposals are filled up with the first ones of other levels, as the official code does for
   * want of a mask (which ones it takes is left to chance). Default false.
   */
  readonly fillLevels?: boolean;
}

/** Level of each proposal `[sum of levels]`, from the number of proposals of each level. */
const levelsOf = (levels: readonly number[]): Int32Array =>
  Int32Array.from(levels.flatMap((count, level) => new Array<number>(count).fill(level)));

/** Per level its best proposals, level after level. */
const bestOfLevels = (
  scores: ArrayLike<number>,
  levels: readonly number[],
  { perLevel = 1000, fillLevels = false }: ProposalOptions,
): Int32Array => {
  const order = byDescendingScore(scores);
  const levelOf = levelsOf(levels);
  const chosen: number[] = [];
  levels.forEach((size, level) => {
    const own = order.filter((i) => levelOf[i] === level);
    chosen.push(...own.subarray(0, perLevel));
    for (let i = 0, missing = fillLevels ? perLevel - size : 0; i < levelOf.length && missing > 0; i++)
      if (levelOf[i] !== level) {
        chosen.push(i);
        missing--;
      }
  });
  return Int32Array.from(chosen);
};

/** Those of `candidates` that no better one of their level overlaps by more than `iou`, best first. Boxes count as cut off at the image. */
export const suppressWithinLevels = (
  candidates: Int32Array,
  boxes: Float32Array,
  scores: ArrayLike<number>,
  levelOf: ArrayLike<number>,
  iou: number,
): Int32Array => {
  const corners = cxcywhToXyxy(boxes).map((value) => Math.min(Math.max(value, 0), 1));
  const kept = batchedNms(
    Float32Array.from({ length: 4 * candidates.length }, (_, k) => corners[4 * candidates[k >> 2]! + (k & 3)]!),
    Float32Array.from(candidates, (i) => scores[i]!),
    Int32Array.from(candidates, (i) => levelOf[i]!),
    iou,
  );
  return kept.map((k) => candidates[k]!);
};

/** The first `count` / levels of each level, then the first of the rest up to `count`, in the order given. */
export const shareAmongLevels = (
  ranked: Int32Array,
  levelOf: ArrayLike<number>,
  numLevels: number,
  count: number,
): Int32Array => {
  const quota = Math.floor(count / numLevels);
  const taken = new Int32Array(numLevels);
  const chosen = Uint8Array.from(ranked, (i) => (++taken[levelOf[i]!]! <= quota ? 1 : 0));
  let missing = count - chosen.reduce((sum, one) => sum + one, 0);
  for (let k = 0; k < ranked.length && missing > 0; k++)
    if (!chosen[k]) {
      chosen[k] = 1;
      missing--;
    }
  return ranked.filter((_, k) => chosen[k]);
};

/**
 * DETA's choice of proposals: the best of each level, non-maximum suppression within levels, an equal share for each level, the rest by
 * score (Ouyang-Zhang et al. 2022, as in the official code). Where suppression leaves fewer than `count`, the best of all
 * proposals take part instead.
 *
 * @param boxes cx cy w h in [0, 1] `[proposals * 4]`
 * @param scores Logits of being an object `[proposals]`
 * @param levels Proposals per pyramid level, in order.
 * @returns Indices of chosen proposals, by descending score.
 * @throws Where boxes, scores and levels do not fit.
 */
export const selectProposals = (
  boxes: Float32Array,
  scores: Float32Array,
  levels: readonly number[],
  options: ProposalOptions,
): Int32Array => {
  const levelOf = levelsOf(levels);
  if (levelOf.length !== scores.length || boxes.length !== 4 * scores.length)
    fail(
      'assigner-iou',
      `${boxes.length} box numbers, ${scores.length} scores, levels ${JSON.stringify(levels)}`,
      'Proposals have 4 numbers and a score each, and as many as their levels',
      "Pass one image's proposals",
    );
  const { count, iou = 0.9 } = options;
  const kept = suppressWithinLevels(bestOfLevels(scores, levels, options), boxes, scores, levelOf, iou);
  const ranked = kept.length < count ? byDescendingScore(scores).subarray(0, count) : kept;
  return shareAmongLevels(ranked, levelOf, levels.length, count);
};
