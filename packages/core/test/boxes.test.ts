import { area, cxcywhToXyxy, giou, giouMatrix, iofMatrix, iou, iouMatrix, xyxyToCxcywh } from '@detrain/core';
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
            expect(general[k]).toBeLessThanOrEqual(iou(a, i, b, j) + 1e-6);
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
    expect(iofMatrix(a, b)).toBeAllclose([1 / 4, 0, 0, 0]);
    expect(iofMatrix(b, Float64Array.of(0, 0, 4, 2))).toBeAllclose([1 / 2, 0]);
  });

  it('rounds IoU to float32 at every step, nowhere else', () => {
    const round = Math.fround;
    fc.assert(
      fc.property(box, box, (p, q) => {
        const a = cxcywhToXyxy(Float32Array.from(p)) as unknown as [number, number, number, number];
        const b = cxcywhToXyxy(Float32Array.from(q)) as unknown as [number, number, number, number];
        const width = Math.max(round(Math.min(a[2], b[2]) - Math.max(a[0], b[0])), 0);
        const height = Math.max(round(Math.min(a[3], b[3]) - Math.max(a[1], b[1])), 0);
        const inter = round(width * height);
        const areaOf = (c: typeof a) => round(round(c[2] - c[0]) * round(c[3] - c[1]));
        const union = round(round(areaOf(a) + areaOf(b)) - inter);
        const flat = (c: typeof a) => Float32Array.from(c);
        expect(iouMatrix(flat(a), flat(b))[0]).toBe(union > 0 ? round(inter / union) : 0);
        expect(iofMatrix(flat(a), flat(b))[0]).toBe(areaOf(a) > 0 ? round(inter / areaOf(a)) : 0);
      }),
      { numRuns: 1000 },
    );
  });
});
