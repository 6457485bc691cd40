import { fail } from '@detrain/core';
import { solveShort } from './_augment.ts';

/**
 * Solves the rectangular linear sum assignment problem: pairs every row (or every column, where there are fewer) with another
 * column (row) so that the total cost is least. Float64 arithmetic, exact up to rounding.
 *
 * Jonker and Volgenant 1987 (augmenting row reduction, then shortest augmenting paths), on the rectangular form of Crouse 2016;
 * the smaller side drives, whichever it is.
 *
 * @param cost Row-major `[rows, columns]`. `Infinity` forbids a pair.
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
  // One pass copies (and, for tall costs, transposes) into [short, long]; its running sum of c - c is NaN where anything is not finite.
  const work = cost instanceof Float64Array && !tall ? cost : new Float64Array(short * long);
  let check = 0;
  if (tall) {
    for (let r = 0, k = 0; r < rows; r++)
      for (let c = 0, to = r; c < columns; c++, k++, to += rows) {
        const value = cost[k]!;
        check += value - value;
        work[to] = value;
      }
  } else {
    for (let k = 0; k < cost.length; k++) {
      const value = cost[k]!;
      check += value - value;
      if (work !== cost) work[k] = value;
    }
  }
  const finite = check === 0;
  if (!finite) for (let k = 0; k < cost.length; k++) if (!(cost[k]! > -Infinity)) reject(cost[k]!, k, columns);

  const longOf = solveShort(work, short, long, finite);
  if (!longOf)
    fail(
      'matcher-hungarian',
      `a ${rows} x ${columns} cost whose infinite entries forbid every complete matching`,
      'Each row (or column, where there are fewer) needs a finite partner',
      'Allow more pairs, or use large finite costs',
    );
  for (let s = 0; s < short; s++) {
    if (tall) columnOf[longOf[s]!] = s;
    else columnOf[s] = longOf[s]!;
  }
  return columnOf;
};

const reject = (value: number, k: number, columns: number): never =>
  fail(
    'matcher-hungarian',
    `a cost of ${value} at row ${Math.floor(k / columns)}, column ${k % columns}`,
    'Costs are numbers or Infinity',
    'Replace NaN before solving',
  );
