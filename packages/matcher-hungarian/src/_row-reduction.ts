import type { Matching } from './_augment.ts';

/** Gives row `i` a column. Returns the row that had it, which is free now, or -1. */
export const take = ({ columnOf, rowOf }: Matching, i: number, column: number): number => {
  const outbid = rowOf[column]!;
  rowOf[column] = i;
  columnOf[i] = column;
  if (outbid >= 0) columnOf[outbid] = -1;
  return outbid;
};

/**
 * Augmenting row reduction (Jonker and Volgenant 1987): free rows bid for their best column up to the second best's price, and
 * outbid rows bid again. Needs finite costs and at least two columns. Returns how many rows stay free.
 */
export const reduceRows = (matching: Matching, freeCount: number): number => {
  const { cost, rows, columns, rowStep, columnStep, v, rowOf, free } = matching;
  for (let pass = 0; pass < 2 && freeCount > 0; pass++) {
    const waiting = freeCount;
    freeCount = 0;
    let next = 0;
    // A chain of outbid rows is cut off here: it may be long, or endless by rounding.
    let budget = 2 * rows + waiting;
    while (next < waiting) {
      const i = free[next++]!;
      let best = Infinity;
      let second = Infinity;
      let bestAt = 0;
      let secondAt = 0;
      for (let j = 0, k = i * rowStep; j < columns; j++, k += columnStep) {
        const reduced = cost[k]! - v[j]!;
        if (reduced < second) {
          if (reduced < best) {
            second = best;
            secondAt = bestAt;
            best = reduced;
            bestAt = j;
          } else {
            second = reduced;
            secondAt = j;
          }
        }
      }
      const lowered = v[bestAt]! - (second - best);
      const lowers = lowered < v[bestAt]!;
      if (lowers) v[bestAt] = lowered;
      const outbid = take(matching, i, lowers || rowOf[bestAt]! < 0 ? bestAt : secondAt);
      if (outbid < 0) continue;
      if (lowers && --budget > 0) free[--next] = outbid;
      else free[freeCount++] = outbid;
    }
  }
  return freeCount;
};
