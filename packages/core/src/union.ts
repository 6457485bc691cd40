import { pairsOf } from './assignment.ts';
import { fail } from './fail.ts';
import { type Assignment, BACKGROUND, IGNORE } from './types.ts';

/**
 * The union of several outputs' matches, one target a candidate: D-FINE's global optimal ("GO") set.
 *
 * Every output votes with its pairs; each candidate keeps the pair with most votes, the lower target on a tie (the official code
 * leaves ties to an unstable sort). A target may end up with several candidates, or with none. A candidate without votes is ignored
 * where every output ignores it. D-FINE, section 4.2 and its criterion.
 *
 * @param perOutput One assignment an output, all of one image and of equally many candidates; the order does not matter.
 * @param numTargets Targets of the image.
 */
export const unionAssignments = (perOutput: readonly Assignment[], numTargets: number): Assignment => {
  const count = perOutput[0]?.targetOf.length ?? 0;
  const ignores = new Int32Array(count);
  // Sorted keys candidate * numTargets + target put equal pairs side by side and low targets first.
  const keys: number[] = [];
  for (const assignment of perOutput) {
    const { targetOf } = assignment;
    if (targetOf.length !== count)
      fail(
        'core',
        `outputs of ${count} and ${targetOf.length} candidates`,
        'A union needs equally many',
        'Match queries of one set',
      );
    for (let i = 0; i < count; i++) if (targetOf[i] === IGNORE) ignores[i] = (ignores[i] as number) + 1;
    const { candidates, targets } = pairsOf(assignment);
    for (let k = 0; k < candidates.length; k++)
      keys.push((candidates[k] as number) * numTargets + (targets[k] as number));
  }
  const sorted = Float64Array.from(keys).sort();

  const targetOf = new Int32Array(count);
  for (let i = 0; i < count; i++) targetOf[i] = ignores[i] === perOutput.length ? IGNORE : BACKGROUND;
  const bestVotes = new Int32Array(count);
  for (let start = 0; start < sorted.length; ) {
    const key = sorted[start] as number;
    let end = start + 1;
    while (end < sorted.length && sorted[end] === key) end++;
    const candidate = Math.floor(key / numTargets);
    if (end - start > (bestVotes[candidate] as number)) {
      bestVotes[candidate] = end - start;
      targetOf[candidate] = key - candidate * numTargets;
    }
    start = end;
  }
  return { targetOf };
};
