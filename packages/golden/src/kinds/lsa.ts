import { solveLsap } from '@detrain/matcher-hungarian';
import { type GoldenCase, valuesOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { uniforms } from '../generate.ts';

interface LsaMeta {
  readonly cases: Readonly<
    Record<
      string,
      {
        readonly shape: readonly [number, number];
        readonly generator: string;
        readonly prng_name: string;
        readonly row_ind: readonly number[];
        readonly col_ind: readonly number[];
        readonly total: number;
        readonly unique: boolean | null;
      }
    >
  >;
  readonly edge_behaviour: Readonly<Record<string, unknown>>;
}

/** Matrices that are not stored come from their description. */
const generated = (description: string, name: string, count: number): Float64Array => {
  const u = uniforms(name, count);
  if (description === 'u') return u;
  const constant = /^constant (-?[\d.]+)$/.exec(description);
  if (constant) return new Float64Array(count).fill(Number(constant[1]));
  const floor = /^floor\((\d+)u\)$/.exec(description);
  if (floor) return u.map((x) => Math.floor(Number(floor[1]) * x));
  const linear = /^(\d+)u([+-]\d+)$/.exec(description);
  if (linear) return u.map((x) => Number(linear[1]) * x + Number(linear[2]));
  throw new Error(`golden: an LSA matrix made by "${description}". Wanted u, constant c, floor(ku) or ku+c.`);
};

const refuses = (cost: readonly number[], rows: number, columns: number): boolean => {
  try {
    solveLsap(Float64Array.from(cost), rows, columns);
    return false;
  } catch {
    return true;
  }
};

/** scipy's linear_sum_assignment: equal totals always, equal pairs where the optimum is unique. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const meta = golden.meta as unknown as LsaMeta;
  for (const [name, entry] of Object.entries(meta.cases)) {
    const [rows, columns] = entry.shape;
    const stored = golden.tensors()[`cost.${name}`];
    const cost = stored ? valuesOf(stored) : generated(entry.generator, entry.prng_name, rows * columns);
    const columnOf = solveLsap(cost, rows, columns);
    const matched = Array.from(columnOf.keys()).filter((row) => (columnOf[row] ?? -1) >= 0);
    const total = matched.reduce((sum, row) => sum + (cost[row * columns + (columnOf[row] ?? 0)] ?? 0), 0);
    checks.number(`${name}.total`, total, entry.total, 1e-9, 1);
    checks.holds(`${name}.pairs`, matched.length === entry.row_ind.length);
    checks.holds(`${name}.columns differ`, new Set(matched.map((row) => columnOf[row])).size === matched.length);
    if (entry.unique !== true) continue;
    checks.exact(`${name}.rows`, matched, entry.row_ind);
    checks.exact(
      `${name}.columns`,
      matched.map((row) => columnOf[row] ?? -1),
      entry.col_ind,
    );
  }
  const edges = meta.edge_behaviour ?? {};
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  if ('infeasible_row_inf' in edges) checks.holds('an infeasible row is refused', refuses([inf, inf, 1, 2], 2, 2));
  if ('infeasible_col_inf_square' in edges)
    checks.holds('an infeasible column is refused', refuses([inf, 1, inf, 2], 2, 2));
  if ('nan' in edges) checks.holds('NaN is refused', refuses([nan, 1, 1, 2], 2, 2));
  if ('minus_inf' in edges) checks.holds('-Infinity is refused', refuses([-inf, 1, 1, 2], 2, 2));
  if ('empty_0x5' in edges) checks.exact('0x5', solveLsap(new Float64Array(0), 0, 5), []);
  if ('empty_5x0' in edges) checks.exact('5x0', solveLsap(new Float64Array(0), 5, 0), new Int32Array(5).fill(-1));
};
