/**
 * The least total cost of pairing min(rows, columns) rows with different columns, by trying everything: the oracle for solvers.
 * `Infinity` where no complete pairing is finite. Meant for sides up to about 12.
 *
 * @param cost Row-major `[rows, columns]`.
 */
export const bruteForceLsap = (cost: ArrayLike<number>, rows: number, columns: number): number => {
  const tall = rows > columns;
  const short = tall ? columns : rows;
  const long = tall ? rows : columns;
  const at = (s: number, l: number) => (tall ? cost[l * columns + s] : cost[s * columns + l]) as number;
  // best[set]: least cost of the first `l` long-side items covering exactly the short-side items in the set.
  let best = new Float64Array(1 << short).fill(Infinity);
  best[0] = 0;
  for (let l = 0; l < long; l++) {
    const next = best.slice();
    for (let set = 0; set < best.length; set++)
      for (let s = 0; s < short; s++) {
        if (set & (1 << s)) continue;
        const total = (best[set] as number) + at(s, l);
        const to = set | (1 << s);
        if (total < (next[to] as number)) next[to] = total;
      }
    best = next;
  }
  return best[best.length - 1] as number;
};
