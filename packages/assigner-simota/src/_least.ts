/** A column of a row-major matrix. */
export interface Column {
  readonly values: Float32Array | Float64Array;
  readonly columns: number;
  readonly column: number;
}

/**
 * Rows of the `k` least values of a column times `sign`, least first, of equal ones the lowest row; fewer where there are fewer. NaN and
 * infinity never come.
 */
export const leastRows = ({ values, columns, column }: Column, k: number, sign: 1 | -1): Int32Array => {
  const rows = new Int32Array(k);
  const least = new Float64Array(k);
  let count = 0;
  let worst: number = Infinity;
  for (let row = 0, at = column; at < values.length; row++, at += columns) {
    const value = sign * values[at]!;
    if (!(value < worst)) continue;
    let place = count < k ? count++ : k - 1;
    for (; place > 0 && least[place - 1]! > value; place--) {
      least[place] = least[place - 1]!;
      rows[place] = rows[place - 1]!;
    }
    least[place] = value;
    rows[place] = row;
    if (count === k) worst = least[k - 1]!;
  }
  return rows.subarray(0, count);
};
