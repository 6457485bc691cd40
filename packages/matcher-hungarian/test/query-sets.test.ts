import { readdirSync } from 'node:fs';
import path from 'node:path';
import { type Assigner, pairsOf } from '@detrain/core';
import {
  bMatching,
  classCost,
  giouCost,
  groupMatching,
  hungarian,
  hybridMatching,
  l1Cost,
  matchCost,
} from '@detrain/matcher-hungarian';
import { assignContext, testAssigner } from '@detrain/testkit';
import { describe, expect, it } from 'vitest';
import { readJson, readTensors, reference } from '../../core/test/_reference.ts';
import { candidatesOf, pairSet } from './_cases.ts';

// Which copy of a target a candidate gets is arbitrary, but the copies are alike: pairs are the same in any order.
testAssigner(() => bMatching({ copies: 3 }), { scale: false, notANumber: true });
testAssigner(() => hybridMatching({ oneToOne: 5, copies: 2 }), { scale: false, permutation: false });
testAssigner(() => groupMatching({ groups: 1 }), { scale: false });

type Tensors = ReturnType<typeof readTensors>;
const targetsOf = (tensors: Tensors, b: number) => ({
  boxes: tensors.float32(`gt_boxes_${b}`),
  labels: tensors.int32(`gt_labels_${b}`),
});

/** Calls `each` for every image of every reference case of a kind. */
const eachImage = (
  test: Parameters<typeof reference>[0],
  kind: string,
  // biome-ignore lint/suspicious/noExplicitAny: reference files have many shapes
  each: (tensors: Tensors, b: number, meta: any, name: string) => void,
) => {
  const folder = reference(test, 'assign', 'matching');
  const names = readdirSync(folder).filter((file) => file.startsWith(kind) && file.endsWith('.safetensors'));
  expect(names.length).toBeGreaterThan(2);
  for (const name of names) {
    const tensors = readTensors(path.join(folder, name));
    const meta = readJson(path.join(folder, name.replace('.safetensors', '.meta.json')));
    for (let b = 0; b < tensors.shape('pred_logits')[0]!; b++) each(tensors, b, meta, `${name}, image ${b}`);
  }
};

const pairsIn = (assigner: Assigner, tensors: Tensors, b: number) =>
  pairsOf(assigner.assign(candidatesOf(tensors, '', b), targetsOf(tensors, b), assignContext()));

describe('reference cases', () => {
  it('B-matching has the same total cost and counts', (test) => {
    eachImage(test, 'bmatch', (tensors, b, { variants }, name) => {
      const candidates = candidatesOf(tensors, '', b);
      const targets = targetsOf(tensors, b);
      const cost = matchCost([classCost(), l1Cost(), giouCost()], candidates, targets);
      for (const { image, B, n_matched, total_cost_f64 } of variants) {
        if (image !== b) continue;
        const pairs = pairsIn(bMatching({ copies: B }), tensors, b);
        expect(pairs.candidates.length, name).toBe(n_matched);
        const total = pairs.candidates.reduce(
          (sum, i, k) => sum + cost[i * targets.labels.length + pairs.targets[k]!]!,
          0,
        );
        expect(Math.abs(total - total_cost_f64), name).toBeLessThan(1e-4 * Math.max(1, n_matched));
        const perTarget = new Map<number, number>();
        for (const target of pairs.targets) perTarget.set(target, (perTarget.get(target) ?? 0) + 1);
        expect(Math.max(0, ...perTarget.values())).toBeLessThanOrEqual(B);
      }
    });
  });

  it('group matching gives the same pairs', (test) => {
    eachImage(test, 'group', (tensors, b, { G }, name) => {
      const pairs = pairsIn(groupMatching({ groups: G }), tensors, b);
      expect(pairSet(pairs.candidates, pairs.targets), name).toEqual(
        pairSet(tensors.int32(`src_${b}`), tensors.int32(`tgt_${b}`)),
      );
    });
  });

  it('hybrid matching gives the same pairs', (test) => {
    eachImage(test, 'hybrid', (tensors, b, { n_one2one, k }, name) => {
      const pairs = pairsIn(hybridMatching({ oneToOne: n_one2one, copies: k }), tensors, b);
      const many = tensors.int32(`one2many_src_${b}`).map((query) => query + n_one2one);
      expect(pairSet(pairs.candidates, pairs.targets), name).toEqual(
        pairSet(
          [...tensors.int32(`one2one_src_${b}`), ...many],
          [...tensors.int32(`one2one_tgt_${b}`), ...tensors.int32(`one2many_tgt_${b}`)],
        ),
      );
    });
  });
});

describe('query sets', () => {
  it('names what does not fit', () => {
    expect(() => bMatching({ copies: 0 })).toThrow('matcher-hungarian: copies: 0');
    const uneven = groupMatching({ groups: 2, costs: [l1Cost()] });
    const candidates = { boxes: new Float32Array(12), numClasses: 1 };
    expect(() =>
      uneven.assign(candidates, { boxes: new Float32Array(0), labels: new Int32Array(0) }, assignContext()),
    ).toThrow('3 candidates in 2 groups');
    expect(hungarian().options).toEqual({ costs: bMatching({ copies: 2 }).options['costs'] });
  });
});
