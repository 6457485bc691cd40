import { fail } from './fail.ts';
import { type Assignment, BACKGROUND, type Pairs } from './types.ts';

/** An assignment of `count` candidates that all answer for nothing. */
export const emptyAssignment = (count: number): Assignment => ({ targetOf: new Int32Array(count).fill(BACKGROUND) });

/** The number of candidate-target pairs of an assignment, extra pairs included. */
export const countPairs = (assignment: Assignment): number => {
  let count = assignment.extraPairs?.candidates.length ?? 0;
  for (const target of assignment.targetOf) if (target >= 0) count++;
  return count;
};

/** All candidate-target pairs of an assignment: those of `targetOf` by candidate, then the extra ones. */
export const pairsOf = (assignment: Assignment): Pairs => {
  const { targetOf, extraPairs } = assignment;
  const count = countPairs(assignment);
  const candidates = new Int32Array(count);
  const targets = new Int32Array(count);
  let k = 0;
  for (let i = 0; i < targetOf.length; i++) {
    const target = targetOf[i] as number;
    if (target < 0) continue;
    candidates[k] = i;
    targets[k++] = target;
  }
  if (extraPairs) {
    candidates.set(extraPairs.candidates, k);
    targets.set(extraPairs.targets, k);
  }
  return { candidates, targets };
};

/**
 * The assignment of `count` candidates that has exactly these pairs; a candidate's second and later pairs become extra pairs.
 * Throws where a candidate is outside [0, count) or a target is negative.
 */
export const fromPairs = (count: number, pairs: Pairs): Assignment => {
  const { targetOf } = emptyAssignment(count);
  const extra: number[] = [];
  for (let k = 0; k < pairs.candidates.length; k++) {
    const candidate = pairs.candidates[k] as number;
    const target = pairs.targets[k] as number;
    if (!(candidate >= 0 && candidate < count && target >= 0))
      fail(
        'core',
        `pair ${k} is (${candidate}, ${target})`,
        `Candidates are in [0, ${count}), targets at least 0`,
        'Check the pairs',
      );
    if (targetOf[candidate] === BACKGROUND) targetOf[candidate] = target;
    else extra.push(k);
  }
  if (extra.length === 0) return { targetOf };
  const pick = (values: Int32Array) => Int32Array.from(extra, (k) => values[k] as number);
  return { targetOf, extraPairs: { candidates: pick(pairs.candidates), targets: pick(pairs.targets) } };
};
