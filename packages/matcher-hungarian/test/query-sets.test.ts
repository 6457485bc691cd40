import { readdirSync } from 'node:fs';
import path from 'node:path';
import { type Assigner, createRng, pairsOf } from '@detrain/core';
import {
  bMatching,
  classCost,
  giouCost,
  groupMatching,
  hungarian,
  hybridMatching,
  l1Cost,
  matchCost,
  topKMatching,
} from '@detrain/matcher-hungarian';
import { assignContext, bruteForceLsap, randomScene, testAssigner } from '@detrain/testkit';
import { describe, expect, it } from 'vitest';
import { readJson, readTensors, reference } from '../../core/test/_reference.ts';
import { candidatesOf, pairSet } from './_cases.ts';

const absolute = 'L1 costs are in image sizes';
const places = 'which candidates are matched together depends on their place';
// Which copy of a target a candidate gets is arbitrary, but the copies are alike: pairs are the same in any order.
testAssigner(() => bMatching({ copies: 3 }), { scale: absolute, notANumber: true });
testAssigner(() => hybridMatching({ oneToOne: 5, copies: 2 }), {
  scale: absolute,
  permutation: places,
  notANumber: true,
});
testAssigner(() => topKMatching({ count: 3 }), { scale: absolute, notANumber: true });
testAssigner(() => groupMatching({ groups: 3 }), {
  scale: absolute,
  permutation: places,
  multipleOf: 3,
  notANumber: true,
});

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

describe('topKMatching', () => {
  const candidates = {
    boxes: Float32Array.of(
      0.1,
      0.1,
      0.1,
      0.1,
      0.11,
      0.1,
      0.1,
      0.1,
      0.5,
      0.5,
      0.1,
      0.1,
      0.52,
      0.5,
      0.1,
      0.1,
      0.9,
      0.9,
      0.1,
      0.1,
    ),
    numClasses: 1,
  };
  const targets = { boxes: Float32Array.of(0.5, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1), labels: Int32Array.of(0, 0) };
  const matched = (count: number, valid?: Uint8Array) =>
    Array.from(
      topKMatching({ count, costs: [l1Cost()] }).assign(
        { ...candidates, ...(valid && { valid }) },
        targets,
        assignContext(),
      ).targetOf,
    );

  it('matches in rounds, each of least cost, until candidates run out', () => {
    expect(matched(1)).toEqual([1, -1, 0, -1, -1]);
    expect(matched(2)).toEqual([1, 1, 0, 0, -1]);
    // One candidate is left for two targets: the nearer one gets it.
    expect(matched(3)).toEqual([1, 1, 0, 0, 0]);
    expect(matched(9)).toEqual([1, 1, 0, 0, 0]);
    expect(matched(2, Uint8Array.of(1, 1, 0, 1, 1))).toEqual([1, 1, -2, 0, 0]);
    expect(() => topKMatching({ count: 1.5 })).toThrow('count: 1.5');
  });

  it('costs as much as B-matching or more, and the first round is the one-to-one matching', () => {
    for (let seed = 0; seed < 300; seed++) {
      const scene = randomScene(createRng(seed), { candidates: 12, targets: 4, numClasses: 3 });
      const cost = matchCost([classCost(), l1Cost(), giouCost()], scene.candidates, scene.targets);
      const total = (assigner: Assigner) => {
        const pairs = pairsOf(assigner.assign(scene.candidates, scene.targets, assignContext()));
        expect(pairs.candidates.length).toBe(12);
        return pairs.candidates.reduce((sum, i, k) => sum + cost[i * 4 + pairs.targets[k]!]!, 0);
      };
      expect(total(topKMatching({ count: 3 }))).toBeGreaterThanOrEqual(total(bMatching({ copies: 3 })) - 1e-9);
      const { targetOf } = topKMatching({ count: 3 }).assign(scene.candidates, scene.targets, assignContext());
      hungarian()
        .assign(scene.candidates, scene.targets, assignContext())
        .targetOf.forEach((target, i) => {
          if (target >= 0) expect(targetOf[i]).toBe(target);
        });
    }
  });

  it('is what the official code means, but for the queries that it withholds by mistake', (test) => {
    const folder = reference(test, 'deim', 'matcher', 'm0');
    const { return_topk_3_indices_o2m_buggy_upstream: official } = readJson(path.join(folder, 'meta.json'));
    const tensors = readTensors(path.join(folder, 'tensors.safetensors'));
    const expected = pairSet(official[0][0], official[0][1]);
    const given = { boxes: tensors.float32('target.0.boxes'), labels: tensors.int32('target.0.labels') };
    const all = candidatesOf(tensors, '', 0);
    const pairsWith = (valid: Uint8Array) => {
      const assigner = topKMatching({ count: 3 });
      const { candidates: queries, targets: gts } = pairsOf(assigner.assign({ ...all, valid }, given, assignContext()));
      return pairSet(queries, gts);
    };
    // Five targets: the official code never gives queries 0 to 4 in later rounds, of which query 3 is one it should.
    const valid = new Uint8Array(all.boxes.length / 4).fill(1);
    const pairs = pairsWith(valid);
    expect(pairs.filter((pair) => !expected.includes(pair))).toEqual(['3-3']);
    expect(pairsWith(valid.fill(0, 0, 5))).toEqual(expected);
  });
});

describe('B-matching', () => {
  it('has the least total cost there is', () => {
    for (let seed = 0; seed < 2000; seed++) {
      const rng = createRng(seed);
      const [count, columns, copies] = [1 + rng.int(9), 1 + rng.int(3), 1 + rng.int(3)] as const;
      const scene = randomScene(rng, { candidates: count, targets: columns, numClasses: 3 });
      const cost = matchCost([classCost(), l1Cost(), giouCost()], scene.candidates, scene.targets);
      const tiled = Float64Array.from({ length: count * columns * copies }, (_, k) => {
        const row = Math.floor(k / (columns * copies));
        return cost[row * columns + (k % columns)]!;
      });
      const pairs = pairsOf(bMatching({ copies }).assign(scene.candidates, scene.targets, assignContext()));
      const total = pairs.candidates.reduce((sum, i, k) => sum + cost[i * columns + pairs.targets[k]!]!, 0);
      expect(total).toBeCloseTo(bruteForceLsap(tiled, count, columns * copies), 9);
    }
  });
});

describe('query sets', () => {
  it('names what does not fit', () => {
    expect(() => bMatching({ copies: 0 })).toThrow('matcher-hungarian: copies: 0');
    expect(() => groupMatching({ groups: 0 })).toThrow('matcher-hungarian: groups: 0');
    expect(() => hybridMatching({ oneToOne: -1, copies: 2 })).toThrow('matcher-hungarian: oneToOne: -1');
    const uneven = groupMatching({ groups: 2, costs: [l1Cost()] });
    const candidates = { boxes: new Float32Array(12), numClasses: 1 };
    expect(() =>
      uneven.assign(candidates, { boxes: new Float32Array(0), labels: new Int32Array(0) }, assignContext()),
    ).toThrow('3 candidates in 2 groups');
    expect(hungarian().options).toEqual({ costs: bMatching({ copies: 2 }).options['costs'] });
  });
});
