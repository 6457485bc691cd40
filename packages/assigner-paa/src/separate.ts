import { BACKGROUND, fail } from '@detrain/core';
import { fitTwoGaussians } from './two-gaussians.ts';

/** What `separateByLoss` separates. */
export interface SeparateInput {
  /** The first assignment: a target's index, BACKGROUND or IGNORE `[count]`. */
  readonly targetOf: Int32Array;
  /** Loss of each candidate with its target; not read elsewhere `[count]`. */
  readonly losses: Float32Array;
  /** Candidates a pyramid level, in order. */
  readonly levels: readonly number[];
}

/** Options of the rule. */
export interface SeparateRule {
  /** Candidates of least loss that each level has for a target. Default: 9 (Kim and Lee 2020, section 4.1). */
  readonly topk?: number;
  /** What becomes of a target's only candidate, which no mixture fits. Default: `kept`; mmdetection drops it. */
  readonly single?: 'kept' | 'dropped';
}

/**
 * Keeps, of each target's candidates, those whose loss is likely of the lower of two distributions, up to the likeliest; the others become
 * background, ignored ones stay so (Kim and Lee 2020, section 3.2, figure 3c). A target's candidates are the `topk` of least loss on each
 * level; of equal losses the first.
 *
 * Throws where the levels do not add up to the candidates.
 */
export const separateByLoss = (
  { targetOf, losses, levels }: SeparateInput,
  { topk = 9, single = 'kept' }: SeparateRule = {},
): Int32Array => {
  const total = levels.reduce((sum, n) => sum + n, 0);
  if (total !== targetOf.length || losses.length !== targetOf.length)
    fail(
      'assigner-paa',
      `levels of ${total} candidates in all, ${losses.length} losses, ${targetOf.length} candidates`,
      'Every candidate is in one level and has a loss',
      'Pass the candidates of each level, finest first',
    );
  const separated = targetOf.map((target) => Math.min(target, BACKGROUND));
  for (const [target, candidates] of cheapestOf({ targetOf, losses, levels }, topk)) {
    const order = candidates.sort((i, j) => losses[i]! - losses[j]! || i - j);
    const kept = order.length > 1 ? placesOfPositives(Float32Array.from(order, (i) => losses[i]!)) : undefined;
    for (const k of kept ?? (single === 'kept' ? [0] : [])) separated[order[k]!] = target;
  }
  return separated;
};

/** Of each target that has any the candidates of least loss, level by level. */
const cheapestOf = ({ targetOf, losses, levels }: SeparateInput, topk: number): Map<number, number[]> => {
  const cheapest = new Map<number, number[]>();
  let start = 0;
  for (const count of levels) {
    const level = new Map<number, number[]>();
    for (let i = start; i < start + count; i++) {
      const target = targetOf[i]!;
      if (target < 0) continue;
      const found = level.get(target);
      if (found) found.push(i);
      else level.set(target, [i]);
    }
    for (const [target, candidates] of level) {
      const least = candidates.sort((i, j) => losses[i]! - losses[j]! || i - j).slice(0, topk);
      cheapest.set(target, [...(cheapest.get(target) ?? []), ...least]);
    }
    start += count;
  }
  return cheapest;
};

/** Places, among ascending losses, of those of the lower distribution, up to its likeliest. */
const placesOfPositives = (losses: Float32Array): number[] => {
  const { component, logDensity } = fitTwoGaussians(losses);
  const low = Array.from(losses.keys()).filter((k) => component[k] === 0);
  let likeliest = 0;
  low.forEach((k, at) => {
    if (logDensity[k]! > logDensity[low[likeliest]!]!) likeliest = at;
  });
  return low.slice(0, likeliest + 1);
};
