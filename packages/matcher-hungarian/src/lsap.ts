import { fail } from '@detrain/core';
import { augment, type Matching } from './_augment.ts';
import { reduceListedRows } from './_listed-reduction.ts';
import { reduceRows } from './_row-reduction.ts';
import { scratchOf } from './_scratch.ts';
import { findBids, firstBids, reduceColumns } from './_start.ts';

/** Smaller sides up to this are read with strides where the cost lies the other way; larger ones are worth a transposed copy. */
const STRIDED_ROWS = 160;

/** Square problems from this size on take many bids. */
const LISTING_ROWS = 256;

/**
 * Solves the rectangular linear sum assignment problem: pairs every row (or every column, where there are fewer) with another
 * column (row) so that the total cost is least. Float64 arithmetic, exact up to rounding.
 *
 * Jonker and Volgenant 1987 (bidding, then shortest augmenting paths), on the rectangular form of Crouse 2016; the smaller side
 * drives, whichever it is. Among equally good matchings it may choose another one than scipy.
 *
 * @param cost Row-major `[rows, columns]`, not changed. `Infinity` forbids a pair.
 * @returns Per row its column, or -1 `[rows]`.
 * @throws Where an entry is NaN or -Infinity, or no complete matching avoids the forbidden pairs.
 */
export const solveLsap = (cost: Float32Array | Float64Array, rows: number, columns: number): Int32Array => {
  if (cost.length !== rows * columns)
    fail(
      'matcher-hungarian',
      `a cost of ${cost.length} entries`,
      `${rows} x ${columns} needs ${rows * columns}`,
      'Check the shape',
    );
  const columnOf = new Int32Array(rows).fill(-1);
  if (rows === 0 || columns === 0) return columnOf;

  const tall = rows > columns;
  const short = tall ? columns : rows;
  const long = tall ? rows : columns;
  const transposes = tall && short > STRIDED_ROWS;
  const scratch = scratchOf(short, long);
  scratch.v.fill(0, 0, long);
  scratch.matched.fill(-1, 0, long);
  const matching: Matching = {
    cost: transposes ? transposed(cost, rows, columns) : cost instanceof Float64Array ? cost : Float64Array.from(cost),
    rows: short,
    columns: long,
    rowStep: tall && !transposes ? 1 : long,
    columnStep: tall && !transposes ? columns : 1,
    v: scratch.v,
    columnOf: tall ? scratch.matched : columnOf,
    rowOf: tall ? columnOf : scratch.matched,
    free: scratch.free,
  };

  let freeCount = short;
  if (!findBids(matching, scratch)) {
    cost.forEach((value, k) => {
      if (!(value > -Infinity)) reject(value, k, columns);
    });
    for (let i = 0; i < short; i++) scratch.free[i] = i;
  } else if (rows === columns && rows > 1) {
    reduceColumns(matching);
    for (let i = 0; i < short; i++) scratch.free[i] = i;
    freeCount = rows < LISTING_ROWS ? reduceRows(matching, short) : reduceListedRows(matching, short);
  } else {
    freeCount = firstBids(matching, scratch);
    if (long > 1) freeCount = reduceRows(matching, freeCount);
  }
  if (!augment(matching, freeCount, scratch))
    fail(
      'matcher-hungarian',
      `a ${rows} x ${columns} cost whose infinite entries forbid every complete matching`,
      'Each row (or column, where there are fewer) needs a finite partner of its own',
      'Allow more pairs, or use large finite costs',
    );
  return columnOf;
};

const transposed = (cost: Float32Array | Float64Array, rows: number, columns: number): Float64Array => {
  const out = new Float64Array(cost.length);
  for (let r = 0, k = 0; r < rows; r++) for (let c = 0, to = r; c < columns; c++, k++, to += rows) out[to] = cost[k]!;
  return out;
};

const reject = (value: number, k: number, columns: number): never =>
  fail(
    'matcher-hungarian',
    `a cost of ${value} at row ${Math.floor(k / columns)}, column ${k % columns}`,
    'Costs are numbers or Infinity',
    'Replace NaN before solving',
  );
