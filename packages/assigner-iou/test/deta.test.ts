import {
  choose,
  type DetaRule,
  detaPairs,
  detaStage1,
  detaStage1Rule,
  detaStage2,
  detaStage2Rule,
  matchByOverlap,
  type Overlaps,
  officialDeta,
  overlapAt,
} from '@detrain/assigner-iou';
import { createRng, type Pairs, pairsOf } from '@detrain/core';
import { assignContext, testAssigner } from '@detrain/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyOverlaps, overlapsFrom, range } from './_scenes.ts';

testAssigner(() => detaStage1(), { logits: false, notANumber: true });
const drawn = 'more positives than the sample holds are drawn at random';
testAssigner(() => detaStage2(), { logits: false, notANumber: true, permutation: drawn });
testAssigner(() => detaStage2({ ...officialDeta, perTarget: Infinity }), {
  logits: false,
  notANumber: true,
  permutation: 'of more targets than slots a candidate keeps the last ones',
});

const anyRule: fc.Arbitrary<DetaRule> = fc
  .record({
    stage: fc.constantFrom(detaStage1Rule, detaStage2Rule),
    perTarget: fc.constantFrom(1, 4, 8, Infinity),
    respectOwnership: fc.boolean(),
    dropZeroIou: fc.boolean(),
    lowQuality: fc.boolean(),
    positiveFraction: fc.constantFrom(0.1, 0.25, 1),
  })
  .map(({ stage, ...rule }) => ({ ...stage, ...rule }));

/** Both stages' rule as its definition says it: counts from a draw, then the best of each row. */
const slowly = (overlaps: Overlaps, rule: DetaRule, seed: number): Pairs => {
  const { positive, lowQuality, perTarget, sampleSize = overlaps.candidates, dropZeroIou } = rule;
  const { targetOf } = matchByOverlap(overlaps, {
    positive,
    negative: 0,
    ...(lowQuality && { lowQuality: { zeroOverlap: !dropZeroIou } }),
  });
  const positives = Int32Array.from(range(overlaps.candidates).filter((i) => (targetOf[i] as number) >= 0));
  const most = Math.max(Math.floor(sampleSize * rule.positiveFraction), 1);
  const sample = Array.from(choose(positives, most, createRng(seed)));
  const pairs = range(overlaps.rows.length).flatMap((target) => {
    const count = sample.filter((i) => targetOf[i] === target).length;
    return range(overlaps.candidates)
      .filter((i) =>
        rule.respectOwnership ? targetOf[i] === target : !dropZeroIou || overlapAt(overlaps, target, i) > 0,
      )
      .sort((a, b) => overlapAt(overlaps, target, b) - overlapAt(overlaps, target, a) || a - b)
      .slice(0, Math.min(count, perTarget))
      .map((i) => [i, target] as const);
  });
  return { candidates: Int32Array.from(pairs, ([i]) => i), targets: Int32Array.from(pairs, ([, target]) => target) };
};

describe('detaPairs', () => {
  it('follows its definition', () => {
    fc.assert(
      fc.property(anyOverlaps, anyRule, fc.nat(), (overlaps, rule, seed) => {
        expect(detaPairs(overlaps, rule, createRng(seed))).toEqual(slowly(overlaps, rule, seed));
      }),
      { numRuns: 3000 },
    );
  });

  it('balances: no target has more than K, none of its owned candidates is better than the ones it has', () => {
    fc.assert(
      fc.property(anyOverlaps, fc.constantFrom(1, 4, 8), fc.nat(), (overlaps, perTarget, seed) => {
        const { candidates, targets } = detaPairs(overlaps, { ...detaStage1Rule, perTarget }, createRng(seed));
        expect(new Set(candidates).size).toBe(candidates.length);
        for (const target of new Set(targets)) {
          const own = candidates.filter((_, k) => targets[k] === target);
          expect(own.length).toBeLessThanOrEqual(perTarget);
          for (const i of own) {
            expect(overlapAt(overlaps, target, i)).toBeGreaterThan(0);
            for (const other of range(overlaps.rows.length))
              expect(overlapAt(overlaps, other, i)).toBeLessThanOrEqual(overlapAt(overlaps, target, i));
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  const official = (rows: number[][]): string[] => {
    const rule = { ...detaStage2Rule, ...officialDeta, positiveFraction: 1 };
    const { candidates, targets } = detaPairs(overlapsFrom(rows), rule, createRng(0));
    return Array.from(candidates, (i, k) => `${i}-${targets[k]}`);
  };

  it('works by hand', () => {
    const apart = official([
      [0.8, 0.5, 0.2],
      [0.1, 0.75, 0.3],
    ]);
    expect(apart).toEqual(['0-0', '1-1']);
    // Both of target 0's best are its own, and so is target 1's best: target 1 has none. K is 4, candidates are 3.
    const contested = official([
      [0.5, 0.5, 0.1],
      [0.0, 0.3, 0.2],
    ]);
    expect(contested).toEqual(['0-0', '1-0']);
  });

  it('officially gives one candidate to two targets; by the paper it does not', () => {
    // Candidates 1 and 2 are positive for target 1; its row is best at candidate 0, which is target 0's.
    const rows = [
      [0.9, 0.1, 0.1],
      [0.8, 0.7, 0.65],
    ];
    expect(official(rows)).toEqual(['0-0', '0-1', '1-1']);
    const { candidates, targets } = detaPairs(
      overlapsFrom(rows),
      { ...detaStage2Rule, positiveFraction: 1 },
      createRng(0),
    );
    expect(Array.from(candidates, (i, k) => `${i}-${targets[k]}`)).toEqual(['0-0', '1-1', '2-1']);
  });

  it('replays recorded permutations', () => {
    const overlaps = overlapsFrom([[0.9, 0.8, 0.7, 0.65]]);
    const rule = { ...detaStage2Rule, positiveFraction: 0.5 };
    const seen: number[] = [];
    const permutation = (n: number) => {
      seen.push(n);
      return Int32Array.of(3, 2, 1, 0);
    };
    expect(Array.from(detaPairs(overlaps, rule, { permutation }).candidates)).toEqual([0, 1]);
    expect(seen).toEqual([4]);
  });
});

describe('the stages as assigners', () => {
  // Two targets that nearly coincide, and a candidate for both.
  const boxes = Float32Array.of(0.5, 0.5, 0.2, 0.2, 0.5, 0.5, 0.2, 0.18, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1);
  const targets = { boxes: boxes.slice(0, 8), labels: Int32Array.of(3, 5) };
  const candidates = { boxes, numClasses: 6 };

  it('says double use in extraPairs, the last target first', () => {
    const rule = { ...officialDeta, positiveFraction: 1, perTarget: 1 };
    const pairs = (options: Partial<DetaRule>) => {
      const assigner = detaStage2(options);
      return { slots: assigner.slots, ...assigner.assign(candidates, targets, assignContext()) };
    };
    expect(pairs(rule)).toMatchObject({ slots: 4, targetOf: Int32Array.of(0, 1, -1, -1) });
    // Candidate 2 is near no target: with one target more, whose best is candidate 0, candidate 0 serves both.
    const close = { boxes: Float32Array.of(0.5, 0.5, 0.2, 0.2, 0.5, 0.5, 0.2, 0.19), labels: Int32Array.of(0, 1) };
    const two = { boxes: Float32Array.of(0.5, 0.5, 0.2, 0.2, 0.5, 0.5, 0.2, 0.17), numClasses: 2 };
    const assign = (options: Partial<DetaRule>) => detaStage2(options).assign(two, close, assignContext());
    // Target 1 (0.19) is nearer to candidate 0 (0.95) than to candidate 1 (0.89), which it owns.
    expect(assign(rule)).toEqual({
      targetOf: Int32Array.of(1, -1),
      extraPairs: { candidates: Int32Array.of(0), targets: Int32Array.of(0) },
    });
    expect(assign({ ...rule, slots: 1 })).toEqual({ targetOf: Int32Array.of(1, -1) });
    expect(assign({ positiveFraction: 1 })).toEqual({ targetOf: Int32Array.of(0, 1) });
  });

  it('bounds positives by the share of the sample', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(), (count, seed) => {
        const same = { boxes: new Float32Array(4 * count).fill(0.5), numClasses: 6 };
        const target = { boxes: new Float32Array(4).fill(0.5), labels: Int32Array.of(0) };
        const assigned = detaStage2({ perTarget: Infinity }).assign(same, target, assignContext(seed));
        expect(pairsOf(assigned).candidates.length).toBe(Math.max(Math.floor(count / 4), 1));
      }),
    );
  });

  it('records its options, and names what does not fit', () => {
    expect(detaStage1().options).toEqual({ ...detaStage1Rule, slots: 1 });
    expect(detaStage2({ perTarget: Infinity }).options).toMatchObject({ perTarget: 'Infinity' });
    expect(() => detaStage1({ perTarget: 0 })).toThrow('assigner-iou: perTarget: 0. It is at least 1');
  });
});
