import { type Assigner, type Candidates, fail, pairsOf } from '@detrain/core';
import { type HungarianOptions, hungarian } from './hungarian.ts';

/** Options of `topKMatching`: the cost, and how many candidates each target gets. */
export interface TopKMatchingOptions extends HungarianOptions {
  readonly count: number;
}

/**
 * One-to-many matching in rounds: candidates are matched one-to-one, those that were taken step aside, and the rest are matched again,
 * `count` times in all. Each round is of least cost, the total need not be: `bMatching` is that. Where candidates run out, the last
 * round gives one to some targets only.
 *
 * This is what `return_topk` of D-FINE's matcher is meant to do; that code, which nothing calls, also withholds the queries whose number
 * happens to be a target's, and goes on with taken queries once there are no others.
 */
export const topKMatching = ({ count, ...options }: TopKMatchingOptions): Assigner => {
  if (!(Number.isInteger(count) && count >= 1))
    fail(
      'matcher-hungarian',
      `count: ${count}`,
      'Each target gets a whole number of candidates, at least 1',
      'Pass count: 4',
    );
  const inner = hungarian(options);
  return {
    name: 'top-k-matching',
    options: { count, ...inner.options },
    cardinality: 'one-to-many',
    assign: (candidates, targets, context) => {
      const { targetOf } = inner.assign(candidates, targets, context);
      const valid = candidates.valid?.slice() ?? new Uint8Array(targetOf.length).fill(1);
      let taken = pairsOf({ targetOf });
      for (let round = 1; round < count && taken.candidates.length > 0; round++) {
        for (const i of taken.candidates) valid[i] = 0;
        const rest: Candidates = { ...candidates, valid };
        taken = pairsOf(inner.assign(rest, targets, context));
        taken.candidates.forEach((i, k) => {
          targetOf[i] = taken.targets[k]!;
        });
      }
      return { targetOf };
    },
  };
};
