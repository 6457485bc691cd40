import { area, cxcywhToXyxy, giou, giouMatrix, iou, iouMatrix, xyxyToCxcywh } from '@detrain/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const unit = fc.float({ min: 0, max: 1, noNaN: true });
const box = fc.tuple(unit, unit, unit, unit);
const boxes = fc.array(box, { maxLength: 8 }).map((list) => Float32Array.from(list.flat()));

describe('boxes', () => {
  it('converts there and back', () => {
    fc.assert(
      fc.property(boxes, (flat) => {
        expect(xyxyToCxcywh(cxcywhToXyxy(flat))).toBeAllclose(flat, { atol: 1e-6 });
        expect(area(cxcywhToXyxy(flat)).length).toBe(flat.length / 4);
      }),
    );
    expect(Array.from(cxcywhToXyxy(Float32Array.of(0.5, 0.5, 0.5, -1)))).toEqual([0.25, 0.5, 0.75, 0.5]);
    expect(Array.from(area(Float32Array.of(1, 1, 3, 4)))).toEqual([6]);
    expect(() => area(new Float32Array(6))).toThrow(
      'core: boxes have 6 numbers. A flat box array has 4 numbers a box.',
    );
  });

  it('measures pairs within bounds, symmetrically, giou below iou', () => {
    fc.assert(
      fc.property(boxes, boxes, (p, q) => {
        const a = cxcywhToXyxy(p);
        const b = cxcywhToXyxy(q);
        const overlap = iouMatrix(a, b);
        const general = giouMatrix(a, b);
        expect(overlap.length).toBe((p.length / 4) * (q.length / 4));
        for (let i = 0, k = 0; i < p.length / 4; i++)
          for (let j = 0; j < q.length / 4; j++, k++) {
            expect(overlap[k]).toBeGreaterThanOrEqual(0);
            expect(overlap[k]).toBeLessThanOrEqual(1);
            expect(general[k]).toBeGreaterThanOrEqual(-1);
            expect(general[k]).toBeLessThanOrEqual(overlap[k]! + 1e-6);
            expect(iou(b, j, a, i)).toBe(iou(a, i, b, j));
            expect(giou(b, j, a, i)).toBe(giou(a, i, b, j));
          }
      }),
    );
  });

  it('measures hand-worked pairs', () => {
    const a = Float32Array.of(0, 0, 2, 2, 1, 1, 1, 1);
    const b = Float32Array.of(1, 1, 3, 3, 1, 1, 1, 1);
    // Overlap 1, union 7, hull 9; a point inside a box; a point in itself.
    expect(iouMatrix(a, b)).toBeAllclose([1 / 7, 0, 0, 0]);
    expect(giouMatrix(a, b)).toBeAllclose([1 / 7 - 2 / 9, 0, 0, 0]);
  });
});
