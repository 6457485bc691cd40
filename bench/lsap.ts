// Our LSAP solver beside scipy's, in one run, the two taking turns: medians in milliseconds and their ratio.
//   pnpm bench:lsap    (needs python3 with numpy and scipy)
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { createRng } from '@detrain/core';
import { solveLsap } from '@detrain/matcher-hungarian';
import { median, startPeer, table } from './peer.ts';

const ROUNDS = 5;
const sizes: readonly (readonly [rows: number, columns: number])[] = [
  [300, 5],
  [300, 20],
  [300, 100],
  [900, 100],
  [1000, 1000],
];

/** `uniform`: independent entries; `boxes`: L1 distances of random boxes, as a matcher sees them. */
const costOf = (kind: string, rows: number, columns: number): Float64Array => {
  const rng = createRng(`${kind}.${rows}x${columns}`);
  if (kind === 'uniform') return Float64Array.from({ length: rows * columns }, rng.next);
  const queries = Float64Array.from({ length: 4 * rows }, rng.next);
  const targets = Float64Array.from({ length: 4 * columns }, rng.next);
  return Float64Array.from({ length: rows * columns }, (_, k) => {
    const i = 4 * Math.floor(k / columns);
    const j = 4 * (k % columns);
    let sum = 0;
    for (let e = 0; e < 4; e++) sum += Math.abs(queries[i + e]! - targets[j + e]!);
    return 5 * sum;
  });
};

const totalOf = (cost: Float64Array, columns: number, columnOf: Int32Array): number =>
  columnOf.reduce((sum, column, row) => (column < 0 ? sum : sum + cost[row * columns + column]!), 0);

// Warm up: the first thousand calls run before the compiler is done.
for (let r = 0; r < 2000; r++) solveLsap(costOf('uniform', 300, (r % 20) + 5), 300, (r % 20) + 5);

const folder = mkdtempSync(path.join(tmpdir(), 'detrain-lsap-'));
const peer = startPeer('lsap.py', [folder]);
const rows: string[][] = [];
try {
  for (const kind of ['uniform', 'boxes'])
    for (const [n, m] of sizes) {
      const name = `${kind}.${n}x${m}`;
      const cost = costOf(kind, n, m);
      writeFileSync(path.join(folder, `${name}.f64`), new Uint8Array(cost.buffer));
      const repetitions = n * m > 500_000 ? 5 : 500;
      const ours: number[] = [];
      const theirs: number[] = [];
      let difference = 0;
      for (let round = 0; round < ROUNDS; round++) {
        let columnOf = solveLsap(cost, n, m);
        for (let r = 0; r < repetitions; r++) {
          const start = performance.now();
          columnOf = solveLsap(cost, n, m);
          ours.push(performance.now() - start);
        }
        const answer = (await peer.ask(`${name} ${n} ${m} ${repetitions}`)) as {
          milliseconds: number[];
          total: number;
        };
        theirs.push(...answer.milliseconds);
        difference = Math.max(difference, Math.abs(answer.total - totalOf(cost, m, columnOf)));
      }
      const [a, b] = [median(ours), median(theirs)];
      rows.push([
        kind,
        `${n} x ${m}`,
        a.toFixed(4),
        b.toFixed(4),
        `${(b / a).toFixed(2)}x`,
        difference.toExponential(1),
      ]);
    }
} finally {
  peer.close();
  rmSync(folder, { recursive: true });
}
console.log(
  `Node ${process.version}, ${cpus()[0]?.model.trim()}, one thread, ${ROUNDS} rounds taking turns, median ms a call\n`,
);
console.log(table(['costs', 'size', 'ours', 'scipy', 'speed', 'difference of totals'], rows));
