import { batchedNms, byDescendingScore, iou, nms, softNms } from '@detrain/core';
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

/** NMS by its definition. */
const slowly = (boxes: Float32Array, scores: number[], threshold: number, same: (i: number, j: number) => boolean) => {
  const kept: number[] = [];
  for (const i of byDescendingScore(scores))
    if (!kept.some((j) => same(i, j) && Math.fround(iou(boxes, j, boxes, i)) > threshold)) kept.push(i);
  return kept;
};

describe('nms', () => {
  it('follows its definition, with and without classes', () => {
    fc.assert(
      fc.property(scene, fc.constantFrom(0, 0.3, 0.5, 1), ({ boxes, scores, labels }, threshold) => {
        expect(Array.from(nms(boxes, scores, threshold))).toEqual(slowly(boxes, scores, threshold, () => true));
        const sameClass = (i: number, j: number) => labels[i] === labels[j];
        expect(Array.from(batchedNms(boxes, scores, labels, threshold))).toEqual(
          slowly(boxes, scores, threshold, sameClass),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('takes nothing, and names what does not fit', () => {
    expect(nms(new Float32Array(0), [], 0.5).length).toBe(0);
    expect(() => nms(new Float32Array(8), [1], 0.5)).toThrow('core: 2 boxes, 1 scores');
    expect(() => batchedNms(new Float32Array(4), [1], [], 0.5)).toThrow('NMS needs one score');
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
    );
  });
});
