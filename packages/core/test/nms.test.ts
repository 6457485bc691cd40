import { batchedNms, byDescendingScore, createRng, iouMatrix, nms, softNms } from '@detrain/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

// Corners on a coarse grid make equal scores, copies and boxes without area common.
const scene = fc
  .array(
    fc.record({
      x: fc.nat(6),
      y: fc.nat(6),
      w: fc.nat(5),
      h: fc.nat(5),
      score: fc.nat(4),
      label: fc.nat(2),
    }),
    { maxLength: 20 },
  )
  .map((items) => ({
    boxes: Float32Array.from(items.flatMap(({ x, y, w, h }) => [x, y, x + w, y + h])),
    scores: items.map(({ score }) => score / 4),
    labels: items.map(({ label }) => label),
  }));

/** Boxes anywhere, of all sizes, in a unit far from 1: no two alike, some overlapping a lot. */
const crowd = fc
  .record({
    seed: fc.nat(),
    count: fc.nat(120),
    unit: fc.constantFrom(1e-3, 1, 1e4),
    largest: fc.constantFrom(0.05, 0.3, 2),
  })
  .map(({ seed, count, unit, largest }) => {
    const rng = createRng(seed);
    const box = () => {
      const [x, y, w, h] = [rng.next(), rng.next(), largest * rng.next(), largest * rng.next()];
      return [x, y, x + w, y + h].map((value) => value * unit);
    };
    return {
      boxes: Float32Array.from(Array.from({ length: count }, box).flat()),
      scores: Array.from({ length: count }, rng.next),
      labels: Array.from({ length: count }, () => rng.int(3)),
    };
  });

/** NMS by its definition. */
const slowly = (boxes: Float32Array, scores: number[], threshold: number, same: (i: number, j: number) => boolean) => {
  const overlaps = iouMatrix(boxes, boxes);
  const kept: number[] = [];
  for (const i of byDescendingScore(scores))
    if (!kept.some((j) => same(i, j) && (overlaps[j * scores.length + i] as number) > threshold)) kept.push(i);
  return kept;
};

describe('byDescendingScore', () => {
  it('sorts stably, in float32, NaN first', () => {
    const score = fc.oneof(fc.float(), fc.double(), fc.constantFrom(0, -0, 0.5, -0.5));
    fc.assert(
      fc.property(fc.array(score), (scores) => {
        const order = Array.from(byDescendingScore(scores));
        const rank = (i: number) => (Number.isNaN(scores[i]) ? Infinity : Math.fround(scores[i] as number));
        const isNan = (i: number) => (Number.isNaN(scores[i]) ? 1 : 0);
        const expected = Array.from(scores.keys()).sort(
          (a, b) => isNan(b) - isNan(a) || (rank(a) === rank(b) ? a - b : rank(b) - rank(a)),
        );
        expect(order).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it('names what is too much', () => {
    expect(() => byDescendingScore({ length: 2 ** 21 + 1 })).toThrow('core: 2097153 scores. At most 2097152');
  });
});

describe('nms', () => {
  it.each([
    ['a coarse grid', scene],
    ['a crowd', crowd],
  ])('follows its definition, with and without classes: %s', (_, boxes) => {
    fc.assert(
      fc.property(boxes, fc.constantFrom(0, 0.01, 0.3, 0.5, 0.7, 1), ({ boxes, scores, labels }, threshold) => {
        expect(Array.from(nms(boxes, scores, threshold))).toEqual(slowly(boxes, scores, threshold, () => true));
        const sameClass = (i: number, j: number) => labels[i] === labels[j];
        expect(Array.from(batchedNms(boxes, scores, labels, threshold))).toEqual(
          slowly(boxes, scores, threshold, sameClass),
        );
      }),
      { numRuns: 1500 },
    );
  });

  it('keeps what is nowhere, infinite, inside out, or a point in a point', () => {
    const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
    const boxes = [
      [0, 0, 2, 2],
      [nan, 0, 2, 2],
      [0, 0, inf, 2],
      [2, 2, 0, 0],
      [1, 1, 1, 1],
      [1, 1, 1, 1],
      [0, 0, 2, 2],
    ];
    expect(Array.from(nms(Float32Array.from(boxes.flat()), new Float32Array(7), 0.5))).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('takes nothing, and names what does not fit', () => {
    expect(nms(new Float32Array(0), [], 0.5).length).toBe(0);
    expect(() => nms(new Float32Array(8), [1], 0.5)).toThrow('core: 2 boxes, 1 scores');
    expect(() => batchedNms(new Float32Array(4), [1], [], 0.5)).toThrow('NMS needs one score');
    expect(() => nms(new Float32Array(4), [1], Number.NaN)).toThrow('core: an IoU threshold of NaN');
  });
});

describe('softNms', () => {
  it('never raises a score, keeps the best, and ends sorted', () => {
    fc.assert(
      fc.property(scene, fc.constantFrom('linear', 'gaussian', 'naive'), ({ boxes, scores, labels }, method) => {
        const kept = softNms(boxes, scores, { method, labels, iouThreshold: 0.5 });
        expect(new Set(kept.indices).size).toBe(kept.indices.length);
        kept.indices.forEach((i, k) => {
          expect(kept.scores[k]).toBeLessThanOrEqual(scores[i]!);
          expect(kept.scores[k]).toBeGreaterThanOrEqual(1e-3);
          if (k > 0) expect(kept.scores[k]).toBeLessThanOrEqual(kept.scores[k - 1]!);
        });
        const best = Math.max(0, ...scores);
        if (best > 0) expect(kept.scores[0]).toBe(best);
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps what plain NMS keeps where neighbours lose all', () => {
    fc.assert(
      fc.property(crowd, ({ boxes, scores, labels }) => {
        const kept = softNms(boxes, scores, { method: 'naive', iouThreshold: 0.5, minScore: 1e-9, labels });
        expect(Array.from(kept.indices)).toEqual(Array.from(batchedNms(boxes, scores, labels, 0.5)));
      }),
      { numRuns: 500 },
    );
  });

  it('lowers by hand', () => {
    // IoU 1/3 of the first two, 0 of the points.
    const boxes = Float32Array.of(0, 0, 2, 1, 1, 0, 3, 1, 9, 9, 9, 9, 9, 9, 9, 9);
    const scores = [0.9, 0.6, 0.3, 0.2];
    expect(softNms(boxes, scores, { iouThreshold: 0.3 }).scores).toBeAllclose([0.9, 0.4, 0.3, 0.2]);
    expect(softNms(boxes, scores, { method: 'gaussian' }).scores).toBeAllclose([0.9, 0.6 * Math.exp(-2 / 9), 0.3, 0.2]);
    expect(Array.from(softNms(boxes, scores, { minScore: 0.35, iouThreshold: 0.3 }).indices)).toEqual([0, 1]);
    expect(softNms(boxes, scores, { minScore: 1 }).indices.length).toBe(0);
    expect(() => softNms(boxes, [1])).toThrow('core: 4 boxes, 1 scores');
  });
});
