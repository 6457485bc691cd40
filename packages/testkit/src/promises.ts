import { createRng, pairsOf, type Targets } from '@detrain/core';
import { expect, it } from 'vitest';
import { bruteForceLsap } from './brute-force.ts';
import { assignContext } from './scene.ts';
import type { Suite } from './suite.ts';

/** What only some assigners promise: exact copies win, NaN does no harm, the cost is least. */
export const testPromises = ({ make, check, pairs, everyScene, numClasses, promises }: Suite): void => {
  const { exactCopy = true, notANumber = false, minimises } = promises;

  if (notANumber)
    it('survives NaN', () =>
      everyScene((given, seed) => {
        const rng = createRng(seed).fork('nan');
        const holes = (values: Float32Array) => values.map((value) => (rng.next() < 0.1 ? Number.NaN : value));
        const { candidates } = given;
        check({
          ...given,
          candidates: {
            ...candidates,
            boxes: holes(candidates.boxes),
            ...(candidates.logits && { logits: holes(candidates.logits) }),
          },
        });
      }));

  if (exactCopy)
    it('gives an exact copy of a target to that target', () =>
      everyScene((given, seed) => {
        const { targets } = given;
        const count = given.candidates.boxes.length / 4;
        if (targets.labels.length === 0 || targets.labels.length > count) return;
        const candidate = createRng(seed).fork('copy').int(count);
        const boxes = given.candidates.boxes.slice();
        boxes.set(targets.boxes.subarray(0, 4), 4 * candidate);
        const classes = given.candidates.logits?.slice();
        for (let c = 0; c < numClasses && classes; c++)
          classes[candidate * numClasses + c] = c === targets.labels[0] ? 9 : -9;
        // Alone with its target, whatever the rule: every other target could want the copy, too.
        const single: Targets = { boxes: targets.boxes.slice(0, 4), labels: targets.labels.slice(0, 1) };
        const copied = { ...given.candidates, boxes, ...(classes && { logits: classes }) };
        expect(pairs({ candidates: copied, targets: single })).toContain(`${candidate}-0`);
      }));

  if (minimises)
    it('has the least total cost there is', () =>
      everyScene(
        (given) => {
          const rows = given.candidates.boxes.length / 4;
          const columns = given.targets.labels.length;
          const cost = minimises(given.candidates, given.targets);
          const pairs = pairsOf(make().assign(given.candidates, given.targets, assignContext()));
          let total = 0;
          pairs.candidates.forEach((i, k) => {
            total += cost[i * columns + (pairs.targets[k] as number)] as number;
          });
          expect(total).toBeCloseTo(bruteForceLsap(cost, rows, columns), 9);
        },
        { candidates: 9, targets: 7 },
      ));
};
