import {
  leaveOutRegions,
  type MatchOptions,
  matchByOverlap,
  maxIou,
  type Overlaps,
  overlapAt,
  overlapsOf,
  rcnnMatching,
  retinaNetMatching,
  rpnMatching,
} from '@detrain/assigner-iou';
import { BACKGROUND, IGNORE } from '@detrain/core';
import { testAssigner } from '@detrain/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyOverlaps, overlapsFrom, range } from './_scenes.ts';

const lastTargetWins = 'of several targets whose best a candidate is, the last one gets it, as in mmdetection';
testAssigner(() => maxIou(rpnMatching), { logits: false, notANumber: true, permutation: lastTargetWins });
testAssigner(() => maxIou(rcnnMatching), { logits: false, notANumber: true });
testAssigner(() => maxIou(), { logits: false, notANumber: true, permutation: lastTargetWins });

/** The rule as its definition says it, candidate by candidate. */
const slowly = (overlaps: Overlaps, options: MatchOptions, i: number): number => {
  const { positive, negative, lowQuality } = options;
  const [low, high] = typeof negative === 'number' ? [0, negative] : negative;
  const targets = range(overlaps.rows.length);
  const column = targets.map((target) => overlapAt(overlaps, target, i));
  const most = Math.max(0, ...column);
  const nearest = Math.max(column.indexOf(most), 0);
  const { minimum = 0, goesTo = 'nearest', ties = 'all', zeroOverlap = false } = lowQuality ?? {};
  const wants = targets.filter((target) => {
    const row = range(overlaps.candidates).map((candidate) => overlapAt(overlaps, target, candidate));
    const best = Math.max(...row);
    const isBest = ties === 'all' ? row[i] === best : row.indexOf(best) === i;
    return lowQuality && isBest && best >= Math.fround(minimum) && (best > 0 || zeroOverlap);
  });
  if (wants.length > 0) return goesTo === 'nearest' ? nearest : (wants.at(-1) as number);
  if (overlaps.rows.length > 0 && most >= Math.fround(positive)) return nearest;
  return most >= Math.fround(low) && most < Math.fround(high) ? BACKGROUND : IGNORE;
};

const anyOptions: fc.Arbitrary<MatchOptions> = fc.record(
  {
    positive: fc.constantFrom(0.5, 0.6, 0.7),
    negative: fc.oneof(fc.constantFrom(0.3, 0.5), fc.constant([0.1, 0.5] as const)),
    lowQuality: fc.record(
      {
        minimum: fc.constantFrom(0, 0.2, 0.3),
        goesTo: fc.constantFrom('nearest' as const, 'target' as const),
        ties: fc.constantFrom('all' as const, 'first' as const),
        zeroOverlap: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['positive', 'negative'] },
);

describe('matchByOverlap', () => {
  it('follows its definition', () => {
    fc.assert(
      fc.property(anyOverlaps, anyOptions, (overlaps, options) => {
        const { targetOf, nearest, overlap } = matchByOverlap(overlaps, options);
        for (let i = 0; i < overlaps.candidates; i++) {
          // without targets even [0.1, 0.5) does not ignore what overlaps nothing
          const expected = overlaps.rows.length === 0 ? BACKGROUND : slowly(overlaps, options, i);
          expect(targetOf[i], `candidate ${i}`).toBe(expected);
          if (overlaps.rows.length > 0) expect(overlapAt(overlaps, nearest[i] as number, i)).toBe(overlap[i]);
        }
      }),
      { numRuns: 4000 },
    );
  });

  it('keeps the nearest target in the low-quality rule of detectron2, not in that of mmdetection', () => {
    const overlaps = overlapsFrom([
      [0.5, 0.5, 0.1],
      [0.0, 0.3, 0.2],
    ]);
    const options = { positive: 0.6, negative: 0.6 };
    // Candidates 0 and 1 are the best of target 0, candidate 1 is the best of target 1, but nearer to target 0.
    expect(Array.from(matchByOverlap(overlaps, { ...options, lowQuality: {} }).targetOf)).toEqual([0, 0, -1]);
    const lowQuality = { goesTo: 'target' } as const;
    expect(Array.from(matchByOverlap(overlaps, { ...options, lowQuality }).targetOf)).toEqual([0, 1, -1]);
  });

  it('meets thresholds in float32, as PyTorch does', () => {
    const overlaps = overlapsFrom([[Math.fround(0.7), Math.fround(0.3)]]);
    expect(overlapAt(overlaps, 0, 0)).toBeLessThan(0.7);
    expect(Array.from(matchByOverlap(overlaps, { positive: 0.7, negative: 0.3 }).targetOf)).toEqual([0, IGNORE]);
  });

  it('gives a target that overlaps nothing no candidate, or all of them as the official codes', () => {
    // A point and a box far away; candidate 0 is a point, too: 0 / 0.
    const overlaps = overlapsOf(Float32Array.of(1, 1, 1, 1), Float32Array.of(1, 1, 1, 1, 5, 5, 6, 6));
    expect(overlaps.rows[0]?.candidates.length).toBe(0);
    const official = { ...retinaNetMatching, lowQuality: { ...retinaNetMatching.lowQuality, zeroOverlap: true } };
    expect(Array.from(matchByOverlap(overlaps, retinaNetMatching).targetOf)).toEqual([-1, -1]);
    expect(Array.from(matchByOverlap(overlaps, official).targetOf)).toEqual([0, 0]);
  });

  it('ignores what lies in a region to ignore, by the share of the candidate or of the region', () => {
    const candidates = Float32Array.of(0, 0, 2, 2, 4, 4, 6, 6);
    const overlaps = overlapsOf(Float32Array.of(0, 0, 2, 2), candidates);
    const region = Float32Array.of(0, 0, 2, 8);
    const targetOf = (above: number, shareOf: 'candidate' | 'region') =>
      Array.from(
        matchByOverlap(leaveOutRegions(overlaps, candidates, region, { above, shareOf }), rcnnMatching).targetOf,
      );
    expect(targetOf(0.5, 'candidate')).toEqual([IGNORE, BACKGROUND]);
    expect(targetOf(0.5, 'region')).toEqual([0, BACKGROUND]);
    expect(targetOf(0.2, 'region')).toEqual([IGNORE, BACKGROUND]);
    expect(overlapAt(overlaps, 0, 0)).toBe(1);
    // In an image that has such regions only, too, where mmdetection takes all for background.
    const none = leaveOutRegions(overlapsOf(new Float32Array(0), candidates), candidates, region, { above: 0.5 });
    expect(Array.from(matchByOverlap(none, rcnnMatching).targetOf)).toEqual([IGNORE, BACKGROUND]);
  });

  it('names what does not fit', () => {
    expect(() => matchByOverlap(overlapsFrom([[1]]), { positive: 0.3, negative: 0.5 })).toThrow(
      'assigner-iou: negative: 0.5, positive: 0.3. Background lies below what is positive',
    );
    const candidates = { boxes: new Float32Array(4), numClasses: 1 };
    const targets = { boxes: new Float32Array(4), labels: new Int32Array(0) };
    expect(() => maxIou().assign(candidates, targets, undefined as never)).toThrow('4 box numbers for 0 labels');
  });
});
