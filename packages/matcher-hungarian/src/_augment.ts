/**
 * A matching under construction, seen from the smaller side: "rows" are the smaller side's items, "columns" the larger side's,
 * whichever way the caller's cost lies: entry (i, j) is `cost[i * rowStep + j * columnStep]`.
 *
 * Prices `v` of columns stay at most 0, and 0 for columns without a row; that is what makes the rectangular result optimal
 * (Crouse 2016). Square problems have no columns without a row, so there any prices do.
 */
export interface Matching {
  readonly cost: Float64Array;
  readonly rows: number;
  readonly columns: number;
  readonly rowStep: number;
  readonly columnStep: number;
  readonly v: Float64Array;
  /** Per row its column, or -1; this and the following at least as long as there are rows or columns. */
  readonly columnOf: Int32Array;
  /** Per column its row, or -1. */
  readonly rowOf: Int32Array;
  /** Rows without a column; the first `freeCount`, as the steps return it, count. */
  readonly free: Int32Array;
}

/** Scratch of `augment`, all at least `[columns]`. */
export interface AugmentScratch {
  readonly distance: Float64Array;
  readonly price: Float64Array;
  readonly from: Int32Array;
  readonly settled: Int32Array;
  readonly settledAt: Float64Array;
}

/** Gives every free row a column by shortest augmenting paths. Returns false where a row cannot reach a free column. */
export const augment = (
  { cost, columns, rowStep, columnStep, v, columnOf, rowOf, free }: Matching,
  freeCount: number,
  { distance, price, from, settled, settledAt }: AugmentScratch,
): boolean => {
  for (let f = 0; f < freeCount; f++) {
    const start = free[f]!;
    // A settled column's distance becomes Infinity and its price -Infinity: the loops below then pass over it without a test.
    for (let j = 0; j < columns; j++) {
      distance[j] = Infinity;
      price[j] = v[j]!;
    }
    let count = 0;
    let row = start;
    let offset = 0;
    let shortest = 0;
    let at = -1;
    for (;;) {
      shortest = Infinity;
      at = -1;
      for (let j = 0, k = row * rowStep; j < columns; j++, k += columnStep) {
        const through = cost[k]! - price[j]! - offset;
        let reach = distance[j]!;
        if (through < reach) {
          reach = through;
          distance[j] = reach;
          from[j] = row;
        }
        // A free column ends the path: it is taken first among equals.
        if (reach <= shortest && (reach < shortest || rowOf[j]! < 0)) {
          shortest = reach;
          at = j;
        }
      }
      if (shortest === Infinity) return false;
      row = rowOf[at]!;
      if (row < 0) break;
      offset = cost[row * rowStep + at * columnStep]! - v[at]! - shortest;
      settled[count] = at;
      settledAt[count++] = shortest;
      distance[at] = Infinity;
      price[at] = -Infinity;
    }
    for (let s = 0; s < count; s++) {
      const j = settled[s]!;
      v[j] = v[j]! + settledAt[s]! - shortest;
    }
    // Shift the columns along the path back to the start.
    do {
      row = from[at]!;
      rowOf[at] = row;
      const previous = columnOf[row]!;
      columnOf[row] = at;
      at = previous;
    } while (row !== start);
  }
  return true;
};
