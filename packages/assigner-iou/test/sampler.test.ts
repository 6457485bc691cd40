import { allCandidates, maxIou, prependTargets, rpnMatching, sampleCandidates, sampled } from '@detrain/assigner-iou';
import { type Assigner, BACKGROUND, createRng, IGNORE } from '@detrain/core';
import { assignContext, testAssigner } from '@detrain/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const drawn = 'candidates are drawn at random';
testAssigner(() => sampled(maxIou(rpnMatching), { count: 8, positiveFraction: 0.5 }), {
  logits: false,
  notANumber: true,
  permutation: drawn,
  exactCopy: drawn,
});

const assignments = fc
  .array(fc.integer({ min: IGNORE, max: 3 }), { maxLength: 40 })
  .map((list) => Int32Array.from(list));

describe('sampleCandidates', () => {
  it('keeps its bounds, and takes all it may', () => {
    fc.assert(
      fc.property(
        assignments,
        fc.nat(50),
        fc.constantFrom(0, 0.25, 0.5, 1),
        fc.constantFrom(1, 3, Infinity),
        fc.nat(),
        (targetOf, count, positiveFraction, negativesPerPositive, seed) => {
          const options = { count, positiveFraction, negativesPerPositive };
          const all = allCandidates(targetOf);
          const { positives, negatives } = sampleCandidates(targetOf, options, createRng(seed));
          expect(positives.length).toBe(Math.min(all.positives.length, Math.floor(count * positiveFraction)));
          expect(negatives.length).toBe(
            Math.min(
              all.negatives.length,
              count - positives.length,
              Math.floor(negativesPerPositive * Math.max(positives.length, 1)),
            ),
          );
          for (const part of [positives, negatives])
            expect(Array.from(part)).toEqual([...new Set(part)].sort((a, b) => a - b));
          expect(positives.every((i) => (targetOf[i] as number) >= 0)).toBe(true);
          expect(negatives.every((i) => targetOf[i] === BACKGROUND)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('gives every candidate the same chance', () => {
    const targetOf = new Int32Array(10);
    const hits = new Int32Array(10);
    const rng = createRng(1);
    for (let run = 0; run < 5000; run++)
      for (const i of sampleCandidates(targetOf, { count: 3, positiveFraction: 1 }, rng).positives) hits[i]!++;
    for (const hit of hits) expect(Math.abs(hit - 1500)).toBeLessThan(150);
  });

  it('names what does not fit', () => {
    expect(() => sampleCandidates(new Int32Array(1), { count: 1, positiveFraction: 2 }, createRng(0))).toThrow(
      'assigner-iou: positiveFraction: 2. It is in [0, 1]',
    );
  });
});

describe('sampled', () => {
  it('ignores what is not drawn, and keeps extra pairs of what is', () => {
    const inner: Assigner = {
      name: 'inner',
      options: { some: 1 },
      cardinality: 'one-to-many',
      slots: 2,
      assign: () => ({
        targetOf: Int32Array.of(0, 1, BACKGROUND, IGNORE),
        extraPairs: { candidates: Int32Array.of(0, 1), targets: Int32Array.of(1, 0) },
      }),
    };
    const assigner = sampled(inner, { count: 2, positiveFraction: 0.5 });
    const none = { boxes: new Float32Array(0), labels: new Int32Array(0) };
    const { targetOf, extraPairs } = assigner.assign({ boxes: none.boxes, numClasses: 1 }, none, assignContext(3));
    const positive = targetOf[0] === 0 ? 0 : 1;
    expect(Array.from(targetOf)).toEqual(positive === 0 ? [0, IGNORE, -1, IGNORE] : [IGNORE, 1, -1, IGNORE]);
    expect(Array.from(extraPairs?.candidates ?? [])).toEqual([positive]);
    expect(assigner).toMatchObject({
      name: 'sampled-inner',
      slots: 2,
      options: { assigner: { name: 'inner', some: 1 }, count: 2, positiveFraction: 0.5 },
    });
  });
});

describe('prependTargets', () => {
  it('puts targets first, each its own', () => {
    const boxes = Float32Array.of(1, 2, 3, 4);
    const joined = prependTargets({ boxes, targetOf: Int32Array.of(-1) }, Float32Array.of(5, 6, 7, 8, 9, 10, 11, 12));
    expect(Array.from(joined.boxes)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3, 4]);
    expect(Array.from(joined.targetOf)).toEqual([0, 1, -1]);
  });
});
