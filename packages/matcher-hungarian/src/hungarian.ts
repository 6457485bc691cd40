import { type Assigner, type Assignment, BACKGROUND, type Candidates, fail, IGNORE, type Targets } from '@detrain/core';
import { giouCost, l1Cost } from './box-cost.ts';
import { classCost } from './class-cost.ts';
import { type CostTerm, matchCost } from './cost.ts';
import { solveLsap } from './lsap.ts';

/** Options of `hungarian`: the terms whose sum is minimised. */
export interface HungarianOptions {
  readonly costs?: readonly CostTerm[];
}

/**
 * One-to-one matching of least total cost (Carion et al. 2020, section 3.1); the default terms are those of Deformable DETR, RT-DETR,
 * D-FINE and DEIM.
 *
 * Every target gets a candidate, or, where targets outnumber candidates, every candidate a target. Candidates that are not `valid` are
 * ignored. NaN in the cost counts as 1.
 */
export const hungarian = ({ costs = [classCost(), l1Cost(), giouCost()] }: HungarianOptions = {}): Assigner => {
  if (costs.length === 0)
    fail('matcher-hungarian', 'no cost terms', 'hungarian() minimises at least one', 'Pass costs: [l1Cost()], or none');
  return {
    name: 'hungarian',
    options: { costs: costs.map(({ name, options }) => ({ name, ...options })) },
    cardinality: 'one-to-one',
    assign: (candidates, targets) => {
      const count = candidates.boxes.length / 4;
      if (targets.boxes.length !== 4 * targets.labels.length)
        fail(
          'matcher-hungarian',
          `${targets.boxes.length} box numbers for ${targets.labels.length} labels`,
          'Targets have 4 numbers a label',
          'Check the targets',
        );
      if (candidates.valid?.includes(0)) return assignValid(costs, candidates, targets, count);
      return { targetOf: solveLsap(matchCost(costs, candidates, targets), count, targets.labels.length) };
    },
  };
};

/** Matches among valid candidates only. */
const assignValid = (
  costs: readonly CostTerm[],
  candidates: Candidates,
  targets: Targets,
  count: number,
): Assignment => {
  const rows: number[] = [];
  for (let i = 0; i < count; i++) if (candidates.valid?.[i]) rows.push(i);
  const columns = targets.labels.length;
  const all = matchCost(costs, candidates, targets);
  const cost = new Float64Array(rows.length * columns);
  rows.forEach((row, r) => {
    cost.set(all.subarray(row * columns, (row + 1) * columns), r * columns);
  });
  const matched = solveLsap(cost, rows.length, columns);
  const targetOf = new Int32Array(count).fill(IGNORE);
  rows.forEach((row, r) => {
    targetOf[row] = matched[r] ?? BACKGROUND;
  });
  return { targetOf };
};
