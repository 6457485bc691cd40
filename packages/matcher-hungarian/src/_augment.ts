/**
 * The solver proper: rows <= columns, every row gets a column.
 *
 * Dual variables: rows' prices are implied, columns' prices `v` stay at most 0, and 0 for columns without a row, which is what makes
 * the rectangular result optimal (Crouse 2016).
 *
 * @param cost `[rows, columns]`, no NaN, no -Infinity; not changed.
 * @param finite Whether no entry is Infinity.
 * @returns Per row its column `[rows]`, or null where no complete matching avoids Infinity.
 */
export const solveShort = (cost: Float64Array, rows: number, columns: number, finite: boolean): Int32Array | null => {
  const v = new Float64Array(columns);
  const columnOf = new Int32Array(rows).fill(-1);
  const rowOf = new Int32Array(columns).fill(-1);
  const free = new Int32Array(rows);
  const freeCount = finite && columns > 1 ? reduceRows(cost, rows, columns, v, columnOf, rowOf, free) : allFree(free);
  if (freeCount > 0 && !augment(cost, columns, v, columnOf, rowOf, free, freeCount)) return null;
  return columnOf;
};

const allFree = (free: Int32Array): number => {
  for (let i = 0; i < free.length; i++) free[i] = i;
  return free.length;
};

/** Augmenting row reduction: rows bid for their best column up to the second best's price. Returns how many rows stay free. */
const reduceRows = (
  cost: Float64Array,
  rows: number,
  columns: number,
  v: Float64Array,
  columnOf: Int32Array,
  rowOf: Int32Array,
  free: Int32Array,
): number => {
  let freeCount = allFree(free);
  for (let pass = 0; pass < 2 && freeCount > 0; pass++) {
    const waiting = freeCount;
    freeCount = 0;
    let next = 0;
    // A chain of outbid rows is cut off here, in case rounding would make it endless.
    let budget = 2 * rows + waiting;
    while (next < waiting) {
      const i = free[next++]!;
      const base = i * columns;
      let best = Infinity;
      let second = Infinity;
      let bestAt = 0;
      let secondAt = 0;
      for (let j = 0; j < columns; j++) {
        const reduced = cost[base + j]! - v[j]!;
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
      let taken = rowOf[bestAt]!;
      if (lowers) v[bestAt] = lowered;
      else if (taken >= 0) {
        bestAt = secondAt;
        taken = rowOf[bestAt]!;
      }
      columnOf[i] = bestAt;
      rowOf[bestAt] = i;
      if (taken < 0) continue;
      columnOf[taken] = -1;
      if (lowers && --budget > 0) free[--next] = taken;
      else free[freeCount++] = taken;
    }
  }
  return freeCount;
};

/** Gives every free row a column by shortest augmenting paths. Returns false where a row cannot reach a free column. */
const augment = (
  cost: Float64Array,
  columns: number,
  v: Float64Array,
  columnOf: Int32Array,
  rowOf: Int32Array,
  free: Int32Array,
  freeCount: number,
): boolean => {
  const distance = new Float64Array(columns);
  const from = new Int32Array(columns);
  // Columns [0, settled) have their final distance, the others are still open.
  const order = new Int32Array(columns);
  for (let f = 0; f < freeCount; f++) {
    const start = free[f]!;
    let base = start * columns;
    let shortest = Infinity;
    let at = -1;
    for (let j = 0; j < columns; j++) {
      order[j] = j;
      from[j] = start;
      const reduced = cost[base + j]! - v[j]!;
      distance[j] = reduced;
      if (reduced < shortest || (reduced === shortest && at >= 0 && rowOf[j]! < 0 && rowOf[at]! >= 0)) {
        shortest = reduced;
        at = j;
      }
    }
    let settled = 0;
    let slot = at;
    while (at >= 0 && rowOf[at]! >= 0) {
      order[slot] = order[settled]!;
      order[settled++] = at;
      const i = rowOf[at]!;
      base = i * columns;
      const offset = cost[base + at]! - v[at]! - shortest;
      shortest = Infinity;
      at = -1;
      for (let k = settled; k < columns; k++) {
        const j = order[k]!;
        const through = cost[base + j]! - v[j]! - offset;
        let reach = distance[j]!;
        if (through < reach) {
          reach = through;
          distance[j] = reach;
          from[j] = i;
        }
        if (reach < shortest || (reach === shortest && at >= 0 && rowOf[j]! < 0 && rowOf[at]! >= 0)) {
          shortest = reach;
          at = j;
          slot = k;
        }
      }
    }
    if (at < 0) return false;
    for (let k = 0; k < settled; k++) {
      const j = order[k]!;
      v[j] = v[j]! + distance[j]! - shortest;
    }
    // Shift the columns along the path back to the start.
    for (let row = -1; row !== start; ) {
      row = from[at]!;
      rowOf[at] = row;
      const previous = columnOf[row]!;
      columnOf[row] = at;
      at = previous;
    }
  }
  return true;
};
