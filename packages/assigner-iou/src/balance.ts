import type { Pairs } from '@detrain/core';
import type { OverlapRow, Overlaps } from './overlaps.ts';

/** What may answer for a target. */
export interface Eligible {
  /** Whether candidates that it does not overlap may, after all others; the first ones first. Default false. */
  readonly zeroOverlap?: boolean;
  /** Whether a candidate may; absent: any. */
  readonly allows?: (candidate: number, target: number) => boolean;
}

/**
 * Object balancing: per target, in their order, the candidates it overlaps most, best first, of equal ones the first first (DETA,
 * Ouyang-Zhang et al. 2022).
 *
 * @param counts Candidates that each target gets, fewer where fewer are eligible `[targets]`.
 */
export const bestPerTarget = (
  overlaps: Overlaps,
  counts: ArrayLike<number>,
  { zeroOverlap = false, allows = () => true }: Eligible,
): Pairs => {
  const candidates: number[] = [];
  const targets: number[] = [];
  overlaps.rows.forEach((row, target) => {
    const count = counts[target]!;
    if (count === 0) return;
    const allowed = (candidate: number) => allows(candidate, target);
    const best = largest(row, count, allowed);
    if (zeroOverlap && best.length < count) best.push(...apart(overlaps, row, count - best.length, allowed));
    candidates.push(...best);
    for (const _ of best) targets.push(target);
  });
  return { candidates: Int32Array.from(candidates), targets: Int32Array.from(targets) };
};

/** The `count` allowed candidates of a row with the largest overlaps, best first. */
const largest = (row: OverlapRow, count: number, allowed: (candidate: number) => boolean): number[] => {
  const { candidates, values } = row;
  const best: number[] = [];
  for (let m = 0; m < values.length; m++) {
    const value = values[m]!;
    if (best.length === count && !(value > values[best[count - 1]!]!)) continue;
    if (!allowed(candidates[m]!)) continue;
    let k = best.length < count ? best.length : count - 1;
    for (; k > 0 && values[best[k - 1]!]! < value; k--) best[k] = best[k - 1]!;
    best[k] = m;
  }
  return best.map((m) => candidates[m]!);
};

/** The first `count` allowed candidates that are not in a row. */
const apart = (
  { candidates, leftOut }: Overlaps,
  row: OverlapRow,
  count: number,
  allowed: (candidate: number) => boolean,
): number[] => {
  const inRow = new Set(row.candidates);
  const found: number[] = [];
  for (let i = 0; i < candidates && found.length < count; i++)
    if (!inRow.has(i) && !leftOut?.[i] && allowed(i)) found.push(i);
  return found;
};
