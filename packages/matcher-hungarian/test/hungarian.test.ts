import { BACKGROUND, IGNORE } from '@detrain/core';
import {
  classCost,
  giouCost,
  hungarian,
  iouPowerCost,
  l1Cost,
  matchCost,
  softmaxClassCost,
  switching,
} from '@detrain/matcher-hungarian';
import { assignContext, testAssigner } from '@detrain/testkit';
import { describe, expect, it } from 'vitest';

const defaults = [classCost(), l1Cost(), giouCost()];
const absolute = 'L1 costs are in image sizes';
testAssigner(() => hungarian(), {
  scale: absolute,
  notANumber: true,
  minimises: (candidates, targets) => matchCost(defaults, candidates, targets),
});

const late = [iouPowerCost()];
testAssigner(() => switching({ before: hungarian(), after: hungarian({ costs: late }), at: { progress: 0.5 } }), {
  permutation: 'where nothing overlaps all pairs cost the same, and any may win',
  notANumber: true,
  minimises: (candidates, targets) => matchCost(late, candidates, targets),
});

const boxesOnly = [giouCost({ weight: 1 })];
testAssigner(() => hungarian({ costs: boxesOnly }), {
  logits: false,
  minimises: (candidates, targets) => matchCost(boxesOnly, candidates, targets),
});

// The hand-worked case of the specification: four queries, three classes, two targets.
const candidates = {
  logits: Float32Array.of(0.2, -1, 0.5, -2, 1.5, -0.3, 0, 0, 0, -4, -3, 2),
  boxes: Float32Array.of(0.5, 0.5, 0.2, 0.2, 0.3, 0.4, 0.1, 0.3, 0.7, 0.2, 0.3, 0.2, 0.1, 0.9, 0.1, 0.1),
  numClasses: 3,
};
const targets = {
  labels: Int32Array.of(1, 0),
  boxes: Float32Array.of(0.32, 0.42, 0.12, 0.28, 0.52, 0.48, 0.25, 0.2),
};

describe('hungarian', () => {
  it('gives the costs and pairs worked out by hand', () => {
    expect(matchCost(defaults, candidates, targets)).toBeAllclose(
      [3.064006, -1.1483, -2.489571, 4.344869, 5.436956, 3.369387, 7.488585, 9.033619],
      { atol: 1e-5 },
    );
    expect(Array.from(hungarian().assign(candidates, targets, assignContext()).targetOf)).toEqual([1, 0, -1, -1]);
  });

  it('records its terms', () => {
    expect(hungarian({ costs: [softmaxClassCost({ weight: 3 }), l1Cost()] }).options).toEqual({
      costs: [
        { name: 'softmax-class', weight: 3 },
        { name: 'l1', weight: 5 },
      ],
    });
    expect(() => hungarian({ costs: [] })).toThrow('matcher-hungarian: no cost terms');
  });

  it('leaves invalid candidates out, even the best', () => {
    const { targetOf } = hungarian().assign(
      { ...candidates, valid: Uint8Array.of(1, 0, 1, 1) },
      targets,
      assignContext(),
    );
    expect(Array.from(targetOf)).toEqual([1, IGNORE, 0, BACKGROUND]);
    const none = hungarian().assign({ ...candidates, valid: new Uint8Array(4) }, targets, assignContext());
    expect(Array.from(none.targetOf)).toEqual([IGNORE, IGNORE, IGNORE, IGNORE]);
  });

  it('names what is missing', () => {
    const { logits: _, ...anchors } = candidates;
    expect(() => hungarian().assign(anchors, targets, assignContext())).toThrow('candidates without logits');
    const labels = Int32Array.of(0, 3);
    expect(() => hungarian().assign(candidates, { ...targets, labels }, assignContext())).toThrow(
      'matcher-hungarian: a target of class 3. This model has classes 0 to 2.',
    );
    expect(() => hungarian().assign(candidates, { ...targets, labels: Int32Array.of(0) }, assignContext())).toThrow(
      '8 box numbers for 1 labels',
    );
  });

  it('turns infinite costs into large ones', () => {
    const wild = { ...candidates, boxes: candidates.boxes.slice() };
    wild.boxes.set([Infinity, 0, 0, 0], 0);
    const cost = matchCost([l1Cost()], wild, targets);
    expect(cost[0]).toBe(3.4028234663852886e38);
    expect(hungarian({ costs: [l1Cost()] }).assign(wild, targets, assignContext()).targetOf[0]).toBe(BACKGROUND);
  });

  it('computes a class once where targets share it', () => {
    const twice = { boxes: Float32Array.of(...targets.boxes, ...targets.boxes), labels: Int32Array.of(1, 0, 1, 1) };
    const cost = matchCost([classCost()], candidates, twice);
    // Query 2 gives all classes the same logit.
    for (const i of [0, 1, 3]) {
      expect(cost[4 * i + 2]).toBe(cost[4 * i]);
      expect(cost[4 * i + 3]).toBe(cost[4 * i]);
      expect(cost[4 * i + 1]).not.toBe(cost[4 * i]);
    }
  });
});

describe('switching', () => {
  const one = hungarian({ costs: [l1Cost()] });
  const many = { ...one, cardinality: 'one-to-many' } as const;

  it('changes over at an epoch or a share of the run', () => {
    const seen: string[] = [];
    const spy = (name: string) => ({
      ...one,
      assign: () => {
        seen.push(name);
        return { targetOf: new Int32Array(0) };
      },
    });
    const byEpoch = switching({ before: spy('a'), after: spy('b'), at: { epoch: 3 } });
    const byProgress = switching({ before: spy('c'), after: spy('d'), at: { progress: 0.9 } });
    for (const epoch of [2, 3]) byEpoch.assign(candidates, targets, { ...assignContext(), epoch });
    for (const progress of [0.89, 0.9]) byProgress.assign(candidates, targets, { ...assignContext(), progress });
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
    expect(() => switching({ before: one, after: many, at: { epoch: 1 } })).toThrow('one-to-one to one-to-many');
  });
});
