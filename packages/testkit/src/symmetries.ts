import { createRng } from '@detrain/core';
import { mapScene, pickScene } from './scene.ts';
import type { Check, Property, Suite } from './suite.ts';

/** What differs between two lists of pairs. */
const compared = (now: readonly string[], before: readonly string[]): readonly string[] => {
  const lost = before.filter((pair) => !now.includes(pair));
  const won = now.filter((pair) => !before.includes(pair));
  if (lost.length + won.length === 0) return [];
  const listed = (pairs: readonly string[]) => (pairs.length > 0 ? pairs.join(', ') : 'none');
  return [`pairs (candidate-target) that were lost: ${listed(lost)}; that are new: ${listed(won)}`];
};

/** The symmetries that an assigner has unless it says why not: order, mirroring, scale; and that exact copies win. */
export const symmetryChecks = ({ pairs, inRandomScenes, promises, numClasses }: Suite): readonly Check[] => {
  const { levels, permutation = levels ? 'levels come in order' : true } = promises;
  const { flip = true, scale = true, exactCopy = true } = promises;

  const inAnotherOrder: Property = (given, seed) => {
    const rng = createRng(seed).fork('order');
    const candidateOrder = rng.permutation(given.candidates.boxes.length / 4);
    const targetOrder = rng.permutation(given.targets.labels.length);
    const permuted = pairs(pickScene(given, candidateOrder, targetOrder)).map((pair) => {
      const [i, j] = pair.split('-').map(Number) as [number, number];
      return `${candidateOrder[i]}-${targetOrder[j]}`;
    });
    return compared(permuted, pairs(given));
  };

  const withBoxes =
    (change: (cx: number, cy: number, w: number, h: number) => readonly number[]): Property =>
    (given) => {
      const changed = mapScene(given, ([cx, cy, w, h]) => change(cx!, cy!, w!, h!));
      return compared(pairs(changed), pairs(given));
    };

  const withExactCopy: Property = (given, seed) => {
    const { candidates, targets } = given;
    if (targets.labels.length === 0) return [];
    const copy = createRng(seed)
      .fork('copy')
      .int(candidates.boxes.length / 4);
    const boxes = candidates.boxes.slice();
    boxes.set(targets.boxes.subarray(0, 4), 4 * copy);
    const logits = candidates.logits?.slice();
    for (let c = 0; c < numClasses && logits; c++) logits[copy * numClasses + c] = c === targets.labels[0] ? 9 : -9;
    // Alone with its target, whatever the rule: every other target could want the copy, too.
    const only = { boxes: targets.boxes.slice(0, 4), labels: targets.labels.slice(0, 1) };
    const found = pairs({ candidates: { ...candidates, boxes, ...(logits && { logits }) }, targets: only });
    if (found.includes(`${copy}-0`)) return [];
    return [`candidate ${copy} was made a copy of target 0, the only one; pairs: ${found.join(', ') || 'none'}`];
  };

  const all = [
    { name: 'permutation', kept: permutation, promise: 'order makes no difference', property: inAnotherOrder },
    {
      name: 'flip',
      kept: flip,
      promise: 'a mirrored image gives the same pairs',
      property: withBoxes((cx, cy, w, h) => [1 - cx, cy, w, h]),
    },
    {
      name: 'flip',
      kept: flip,
      promise: 'an image upside down gives the same pairs',
      property: withBoxes((cx, cy, w, h) => [cx, 1 - cy, w, h]),
    },
    {
      name: 'scale',
      kept: scale,
      promise: 'an image of half the size gives the same pairs',
      property: withBoxes((cx, cy, w, h) => [cx / 2, cy / 2, w / 2, h / 2]),
    },
    {
      name: 'exactCopy',
      kept: exactCopy,
      promise: 'a candidate like the only target answers for it',
      property: withExactCopy,
    },
  ];
  return all
    .filter(({ kept }) => kept === true)
    .map(({ name, promise, property }) =>
      inRandomScenes(promise, property, {
        way: `A rule that cannot promise this says why: testAssigner(make, { ${name}: 'the reason' }).`,
      }),
    );
};
