import { type Assigner, type Assignment, IGNORE, pairsOf } from '@detrain/core';
import type { Scene } from './scene.ts';

/** What is wrong with an assignment of a scene; empty where nothing is. */
export const problemsOf = (
  assignment: Assignment,
  { candidates, targets }: Scene,
  { cardinality, slots = 1 }: Pick<Assigner, 'cardinality' | 'slots'>,
): readonly string[] => {
  const problems: string[] = [];
  const count = candidates.boxes.length / 4;
  const { targetOf, extraPairs, quality, classWeight, boxWeight } = assignment;
  if (targetOf.length !== count) problems.push(`targetOf has ${targetOf.length} entries for ${count} candidates`);
  targetOf.forEach((target, i) => {
    if (target < IGNORE || target >= targets.labels.length)
      problems.push(`candidate ${i} answers for target ${target}`);
  });
  if (extraPairs) {
    if (extraPairs.candidates.length !== extraPairs.targets.length) problems.push('extraPairs differ in length');
    extraPairs.candidates.forEach((i, k) => {
      const target = extraPairs.targets[k] as number;
      if (i < 0 || i >= count || target < 0 || target >= targets.labels.length)
        problems.push(`extra pair ${k} is (${i}, ${target})`);
      else if ((targetOf[i] as number) < 0)
        problems.push(`extra pair ${k} is of candidate ${i}, which has no first target`);
    });
  }
  for (const [name, values] of Object.entries({ quality, classWeight, boxWeight })) {
    if (!values) continue;
    if (values.length !== count) problems.push(`${name} has ${values.length} entries for ${count} candidates`);
    const most = name === 'quality' ? 1 : Infinity;
    values.forEach((value, i) => {
      if (!(value >= 0 && value <= most && value < Infinity)) problems.push(`${name} of candidate ${i} is ${value}`);
    });
  }
  const pairs = pairsOf(assignment);
  const keys = Array.from(pairs.candidates, (i, k) => `${i}-${pairs.targets[k]}`);
  if (new Set(keys).size < keys.length) problems.push('a pair appears twice');
  const uses = new Map<number, number>();
  for (const i of pairs.candidates) uses.set(i, (uses.get(i) ?? 0) + 1);
  for (const [i, used] of uses)
    if (used > slots) problems.push(`candidate ${i} answers for ${used} targets, but has ${slots} slots`);
  if (cardinality === 'one-to-one' && new Set(pairs.targets).size < keys.length)
    problems.push('two candidates answer for a target');
  candidates.valid?.forEach((valid, i) => {
    if (!valid && (targetOf[i] as number) >= 0) problems.push(`candidate ${i} is not valid, but is used`);
  });
  return problems;
};
