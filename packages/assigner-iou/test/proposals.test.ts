import { selectProposals } from '@detrain/assigner-iou';
import { createRng, cxcywhToXyxy, iou } from '@detrain/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const scene = fc
  .record({
    levels: fc.array(fc.nat(12), { minLength: 1, maxLength: 4 }),
    seed: fc.nat(),
    count: fc.integer({ min: 1, max: 20 }),
  })
  .map(({ levels, seed, count }) => {
    const rng = createRng(seed);
    const total = levels.reduce((sum, size) => sum + size, 0);
    // Few places: many proposals coincide.
    const boxes = Float32Array.from({ length: 4 * total }, (_, k) => (k % 4 < 2 ? (1 + rng.int(3)) / 4 : 0.25));
    return { levels, count, boxes, scores: Float32Array.from({ length: total }, rng.normal) };
  });

describe('selectProposals', () => {
  it('gives as many as there are queries, best first, none twice, shares for all levels', () => {
    fc.assert(
      fc.property(scene, ({ levels, count, boxes, scores }) => {
        const chosen = selectProposals(boxes, scores, levels, { count });
        expect(chosen.length).toBe(Math.min(count, scores.length));
        expect(new Set(chosen).size).toBe(chosen.length);
        for (let k = 1; k < chosen.length; k++)
          expect(scores[chosen[k]!]).toBeLessThanOrEqual(scores[chosen[k - 1]!] as number);

        const levelOf = levels.flatMap((size, level) => new Array<number>(size).fill(level));
        const corners = cxcywhToXyxy(boxes);
        const overlapping = (i: number, j: number) => levelOf[i] === levelOf[j] && iou(corners, i, corners, j) > 0.9;
        const order = Array.from(scores.keys()).sort((a, b) => (scores[b] as number) - (scores[a] as number));
        const kept: number[] = [];
        for (const i of order) if (!kept.some((j) => overlapping(i, j))) kept.push(i);
        const ranked = kept.length < count ? order.slice(0, count) : kept;
        levels.forEach((_, level) => {
          const own = ranked.filter((i) => levelOf[i] === level);
          const share = own.slice(0, Math.floor(count / levels.length));
          for (const i of share) expect(chosen).toContain(i);
        });
        for (const i of chosen) expect(ranked).toContain(i);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes each level its best only, and officially fills short ones from others', () => {
    // Level 0 has three apart, level 1 one; the suppression sees two a level.
    const boxes = Float32Array.of(0.1, 0.1, 0.1, 0.1, 0.4, 0.1, 0.1, 0.1, 0.7, 0.1, 0.1, 0.1, 0.1, 0.5, 0.1, 0.1);
    const scores = Float32Array.of(1, 2, 3, 0);
    const choose = (count: number, fillLevels: boolean) =>
      Array.from(selectProposals(boxes, scores, [3, 1], { count, perLevel: 2, fillLevels }));
    expect(choose(3, false)).toEqual([2, 1, 3]);
    // Level 1's second place goes to proposal 0, the first of another level.
    expect(choose(4, true)).toEqual([2, 1, 0, 3]);
    // Without it there are three, fewer than wanted: the best of all take part.
    expect(choose(4, false)).toEqual([2, 1, 0, 3]);
  });

  it('names what does not fit', () => {
    expect(() => selectProposals(new Float32Array(4), new Float32Array(1), [2], { count: 1 })).toThrow(
      'assigner-iou: 4 box numbers, 1 scores, levels [2]. Proposals have 4 numbers and a score each',
    );
  });
});
