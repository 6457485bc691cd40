import { centerness, float32Iou, fromPixelCorners, iouMatrix, toPixelCorners } from '@detrain/core';
import type {} from '@detrain/tooling/setup';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const unit = fc.double({ min: 0, max: 1, noNaN: true });
const boxes = fc
  .array(fc.tuple(unit, unit, unit, unit), { maxLength: 6 })
  .map((list) => Float32Array.from(list.flat()));

describe('boxes in pixels', () => {
  it('go there and back', () => {
    expect(Array.from(toPixelCorners(Float32Array.of(0.5, 0.25, 0.5, 0.5), [200, 100]))).toEqual([50, 0, 150, 50]);
    fc.assert(
      fc.property(boxes, (given) => {
        expect(fromPixelCorners(toPixelCorners(given, [640, 480]), [640, 480])).toBeAllclose(given, { atol: 1e-6 });
      }),
    );
  });
});

describe('float32Iou', () => {
  it('is the entry of the matrix', () => {
    fc.assert(
      fc.property(boxes, boxes, (p, q) => {
        const a = toPixelCorners(p, [640, 480]);
        const b = toPixelCorners(q, [640, 480]);
        const columns = b.length / 4;
        iouMatrix(a, b).forEach((value, k) => {
          expect(float32Iou(a, Math.floor(k / columns), b, k % columns)).toBe(value);
        });
      }),
      { numRuns: 500 },
    );
  });
});

describe('centerness', () => {
  it('is 1 in the middle and falls to 0 at the sides', () => {
    expect(centerness(50, 25, 50, 25)).toBe(1);
    expect(centerness(20, 25, 80, 25)).toBeCloseTo(0.5, 6);
    expect(centerness(0, 25, 100, 25)).toBe(0);
    expect(centerness(-1, 25, 101, 25)).toBeNaN();
  });
});
