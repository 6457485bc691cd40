import type { Matching } from './_augment.ts';

/** Scratch of `findBids` and `firstBids`, all at least `[rows]`. */
export interface BidScratch {
  readonly best: Float64Array;
  readonly second: Float64Array;
  readonly bestAt: Int32Array;
}

/**
 * Finds every row's cheapest and second cheapest column in one pass over memory, whichever way the cost lies.
 * Returns false where an entry is not finite (NaN or infinite).
 */
export const findBids = ({ cost, rows, columns, rowStep }: Matching, { best, second, bestAt }: BidScratch): boolean => {
  // c - c is NaN where c is not finite, and so is any sum with it.
  let check = 0;
  if (rowStep === 1) {
    best.fill(Infinity, 0, rows);
    second.fill(Infinity, 0, rows);
    for (let j = 0, k = 0; j < columns; j++)
      for (let i = 0; i < rows; i++, k++) {
        const value = cost[k]!;
        check += value - value;
        if (value < second[i]!) {
          if (value < best[i]!) {
            second[i] = best[i]!;
            best[i] = value;
            bestAt[i] = j;
          } else second[i] = value;
        }
      }
    return check === 0;
  }
  for (let i = 0, k = 0; i < rows; i++) {
    let least = Infinity;
    let next = Infinity;
    let at = 0;
    for (let j = 0; j < columns; j++, k++) {
      const value = cost[k]!;
      check += value - value;
      if (value < next) {
        if (value < least) {
          next = least;
          least = value;
          at = j;
        } else next = value;
      }
    }
    best[i] = least;
    second[i] = next;
    bestAt[i] = at;
  }
  return check === 0;
};

/** Gives rows their cheapest column, first come first served, at the second cheapest's price. Returns how many stay free. */
export const firstBids = (
  { rows, v, columnOf, rowOf, free }: Matching,
  { best, second, bestAt }: BidScratch,
): number => {
  let freeCount = 0;
  for (let i = 0; i < rows; i++) {
    const at = bestAt[i]!;
    if (rowOf[at]! >= 0) {
      free[freeCount++] = i;
      continue;
    }
    rowOf[at] = i;
    columnOf[i] = at;
    v[at] = best[i]! - second[i]!;
  }
  return freeCount;
};

/** Prices every column at its cheapest entry: the better start where rows and columns are equally many. */
export const reduceColumns = ({ cost, rows, columns, v }: Matching): void => {
  v.set(cost.subarray(0, columns));
  for (let i = 1, k = columns; i < rows; i++)
    for (let j = 0; j < columns; j++, k++) if (cost[k]! < v[j]!) v[j] = cost[k]!;
};
