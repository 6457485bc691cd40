import { solveLsap } from '@detrain/matcher-hungarian';
import { type GoldenCase, integersOf, tensorOf, Unsupported } from '../case.ts';
import type { Checks } from '../checks.ts';
import { uniforms } from '../generate.ts';

interface NamedLsaMeta {
  readonly shape: readonly [number, number];
  readonly kind: string;
  readonly name: string;
  readonly total: number;
  readonly cost_checksum: number;
}

const signed = (name: string, count: number) => uniforms(name, count).map((u) => 2 * u - 1);

/** The cost matrix that a name stands for, float32 values. */
const costOf = ({ kind, name, shape: [rows, columns] }: NamedLsaMeta): Float64Array => {
  if (kind === 'uniform') return signed(name, rows * columns).map(Math.fround);
  if (kind === 'ties') return signed(name, rows * columns).map((s) => Math.floor(4 * s));
  if (kind !== 'detr') throw new Unsupported(`LSA matrices of kind ${kind}`);
  const points = (part: string, count: number) =>
    signed(`${name}.${part}`, count * 4).map((s) => Math.fround(0.5 * s + 0.5));
  const queries = points('q', rows);
  const targets = points('g', columns);
  const cost = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      let distance = 0;
      for (let k = 0; k < 4; k++) distance += Math.abs((queries[4 * i + k] ?? 0) - (targets[4 * j + k] ?? 0));
      cost[i * columns + j] = Math.fround(5 * distance);
    }
  return cost;
};

/** scipy's linear_sum_assignment on named matrices; with ties only the total is compared. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const meta = golden.meta as unknown as NamedLsaMeta;
  const [rows, columns] = meta.shape;
  const cost = costOf(meta);
  checks.number(
    'cost_checksum',
    cost.reduce((a, b) => a + b, 0),
    meta.cost_checksum,
    1e-9,
    1,
  );
  const columnOf = solveLsap(cost, rows, columns);
  const matched = Array.from(columnOf.keys()).filter((row) => (columnOf[row] ?? -1) >= 0);
  const total = matched.reduce((sum, row) => sum + (cost[row * columns + (columnOf[row] ?? 0)] ?? 0), 0);
  checks.number('total', total, meta.total, 1e-9, 1);
  checks.holds('all rows or all columns matched', matched.length === Math.min(rows, columns));
  if (meta.kind === 'ties') return;
  checks.exact('row', matched, integersOf(tensorOf(golden, 'row')));
  checks.exact(
    'col',
    matched.map((row) => columnOf[row] ?? -1),
    integersOf(tensorOf(golden, 'col')),
  );
};
