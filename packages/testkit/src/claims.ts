import { createRng, pairsOf } from '@detrain/core';
import { bruteForceLsap } from './brute-force.ts';
import { assignContext } from './scene.ts';
import type { Check, Property, Suite } from './suite.ts';

/** Sums in another order differ by rounding; relative to the largest entry, at least 1. */
const ROUNDING = 1e-9;

/** What only some assigners claim: that NaN does no harm, that the cost is least. */
export const claimChecks = ({ make, problems, inRandomScenes, promises }: Suite): readonly Check[] => {
  const { notANumber = false, minimises } = promises;

  const survivesNaN: Property = (given, seed) => {
    const rng = createRng(seed).fork('nan');
    const holes = (values: Float32Array) => values.map((value) => (rng.next() < 0.1 ? Number.NaN : value));
    const { candidates } = given;
    const boxes = holes(candidates.boxes);
    const logits = candidates.logits && { logits: holes(candidates.logits) };
    return problems({ ...given, candidates: { ...candidates, boxes, ...logits } });
  };

  const isOptimal =
    (costOf: NonNullable<typeof minimises>): Property =>
    (given) => {
      const columns = given.targets.labels.length;
      const cost = Float64Array.from(costOf(given.candidates, given.targets));
      const pairs = pairsOf(make().assign(given.candidates, given.targets, assignContext()));
      let total = 0;
      pairs.candidates.forEach((i, k) => {
        total += cost[i * columns + pairs.targets[k]!]!;
      });
      const least = bruteForceLsap(cost, given.candidates.boxes.length / 4, columns);
      const largest = cost.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      return Math.abs(total - least) <= ROUNDING * largest ? [] : [`the total is ${total}, the least ${least}`];
    };

  return [
    ...(notANumber ? [inRandomScenes('NaN does no harm', survivesNaN)] : []),
    ...(minimises
      ? [inRandomScenes('the total cost is the least there is', isOptimal(minimises), { candidates: 9, targets: 7 })]
      : []),
  ];
};
