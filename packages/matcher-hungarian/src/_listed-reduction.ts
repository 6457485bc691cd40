import type { Matching } from './_augment.ts';
import { take } from './_row-reduction.ts';

/** Columns that are listed for each row. */
const LISTED = 12;
/** Rounds of bidding. */
const ROUNDS = 8;
/** Outbid rows wait for the next round once this many times the whole cost was read. */
const EFFORT = 8;
/** Reads that making a list counts for, a column. */
const LISTING = 3;

/**
 * `reduceRows` for large problems that take many bids: a bid reads a list of the row's cheapest columns only. Prices only fall, so that
 * columns only become dearer, and what is not listed never costs less than the dearest listed column did when the list was made; where
 * another column could be better by now, the row is listed anew. Needs finite costs and more than `LISTED` columns.
 */
export const reduceListedRows = (matching: Matching, freeCount: number): number => {
  const { cost, rows, columns, rowStep, columnStep, v, rowOf, free } = matching;
  const listed = new Int32Array(rows * LISTED);
  const listedCost = new Float64Array(rows * LISTED);
  /** What columns that are not listed cost at least, less their prices. */
  const bound = new Float64Array(rows).fill(-Infinity);

  /** By insertion; the list is kept in order while it is made. */
  const order = new Float64Array(LISTED);
  const list = (i: number) => {
    const base = i * LISTED;
    let count = 0;
    let dearest = Infinity;
    for (let j = 0, k = i * rowStep; j < columns; j++, k += columnStep) {
      const value = cost[k]! - v[j]!;
      if (value >= dearest) continue;
      let at = count < LISTED ? count++ : LISTED - 1;
      for (; at > 0 && order[at - 1]! > value; at--) {
        order[at] = order[at - 1]!;
        listed[base + at] = listed[base + at - 1]!;
        listedCost[base + at] = listedCost[base + at - 1]!;
      }
      order[at] = value;
      listed[base + at] = j;
      listedCost[base + at] = cost[k]!;
      if (count === LISTED) dearest = order[LISTED - 1]!;
    }
    bound[i] = dearest;
  };

  let budget = EFFORT * rows * columns;
  for (let round = 0; round < ROUNDS && freeCount > 0; round++) {
    const waiting = freeCount;
    freeCount = 0;
    let next = 0;
    while (next < waiting) {
      const i = free[next++]!;
      let best: number;
      let second: number;
      let bestAt = 0;
      let secondAt = 0;
      for (;;) {
        best = Infinity;
        second = Infinity;
        for (let k = i * LISTED, end = k + LISTED; k < end; k++) {
          const j = listed[k]!;
          const value = listedCost[k]! - v[j]!;
          if (value < second) {
            if (value < best) {
              second = best;
              secondAt = bestAt;
              best = value;
              bestAt = j;
            } else {
              second = value;
              secondAt = j;
            }
          }
        }
        budget -= LISTED;
        if (second <= bound[i]!) break;
        list(i);
        budget -= LISTING * columns;
      }
      const lowered = v[bestAt]! - (second - best);
      const lowers = lowered < v[bestAt]!;
      if (lowers) v[bestAt] = lowered;
      const outbid = take(matching, i, lowers || rowOf[bestAt]! < 0 ? bestAt : secondAt);
      if (outbid < 0) continue;
      if (lowers && budget > 0) free[--next] = outbid;
      else free[freeCount++] = outbid;
    }
  }
  return freeCount;
};
