import { decodeDistances, deltaCoder, encodeDistances } from '@detrain/anchors';
import type {} from '@detrain/tooling/setup';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const coordinate = fc.double({ min: -100, max: 600, noNaN: true });
const size = fc.double({ min: 1, max: 400, noNaN: true });
const box = fc.tuple(coordinate, coordinate, size, size).map(([x, y, w, h]) => [x, y, x + w, y + h]);
const pairs = fc.array(fc.tuple(box, box), { minLength: 1, maxLength: 8 });
const flat = (boxes: readonly (readonly number[])[]) => Float32Array.from(boxes.flat());

describe('deltaCoder', () => {
  it('gives back what it encoded', () => {
    fc.assert(
      fc.property(pairs, fc.boolean(), (given, scaled) => {
        const coder = deltaCoder(scaled ? { stds: [0.1, 0.1, 0.2, 0.2], means: [0, 0.1, 0, -0.1] } : {});
        const anchors = flat(given.map(([anchor]) => anchor));
        const boxes = flat(given.map(([, target]) => target));
        const inReach = given.map(([a, b]) =>
          [0, 1].every((axis) => Math.abs(Math.log((b[axis + 2]! - b[axis]!) / (a[axis + 2]! - a[axis]!))) < 4),
        );
        const decoded = coder.decode(anchors, coder.encode(anchors, boxes));
        boxes.forEach((value, k) => {
          if (inReach[k >> 2]) expect(Math.abs(decoded[k]! - value)).toBeLessThan(0.02);
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('moves and grows an anchor as worked out by hand', () => {
    const anchors = Float32Array.of(0, 0, 10, 20);
    const coder = deltaCoder({ stds: [0.1, 0.1, 0.2, 0.2] });
    // the centre moves by 0.1 * 2 widths; the height doubles
    const deltas = Float32Array.of(2, 0, 0, Math.log(2) / 0.2);
    expect(coder.decode(anchors, deltas)).toBeAllclose([2, -10, 12, 30]);
    expect(coder.encode(anchors, Float32Array.of(2, -10, 12, 30))).toBeAllclose(deltas);
    expect(coder.decode(anchors, deltas, [11, 25])).toBeAllclose([2, 0, 11, 25]);
  });

  it('keeps decoded sizes within its factor', () => {
    const wide = deltaCoder().decode(Float32Array.of(0, 0, 16, 16), Float32Array.of(0, 0, 50, -50));
    expect(wide[2]! - wide[0]!).toBeCloseTo(1000, 2);
    expect(wide[3]! - wide[1]!).toBeCloseTo(0.256, 4);
  });

  it('encodes boxes without width, finitely unless asked not to', () => {
    const anchors = Float32Array.of(0, 0, 10, 10);
    const line = Float32Array.of(5, 0, 5, 10);
    expect(Number.isFinite(deltaCoder().encode(anchors, line)[2])).toBe(true);
    expect(deltaCoder({ smallestSize: 0 }).encode(anchors, line)[2]).toBe(-Infinity);
    expect(deltaCoder().encode(line, anchors).every(Number.isFinite)).toBe(true);
  });

  it('decodes one box a class', () => {
    const anchors = Float32Array.of(0, 0, 10, 10, 10, 10, 20, 30);
    const deltas = Float32Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0);
    expect(deltaCoder().decode(anchors, deltas)).toBeAllclose([
      0, 0, 10, 10, 10, 0, 20, 10, 10, 10, 20, 30, 10, 30, 20, 50,
    ]);
    expect(deltaCoder().decode(new Float32Array(0), new Float32Array(0)).length).toBe(0);
  });

  it('says what does not fit', () => {
    const one = Float32Array.of(0, 0, 10, 10);
    expect(() => deltaCoder().encode(one, new Float32Array(8))).toThrow('anchors: 2 boxes for 1 anchors');
    expect(() => deltaCoder().decode(new Float32Array(8), new Float32Array(12))).toThrow('12 offsets for 2 anchors');
  });
});

describe('distances', () => {
  it('give back the box they encode', () => {
    fc.assert(
      fc.property(pairs, (given) => {
        const points = Float32Array.from(given.flatMap(([a]) => [a[0]!, a[1]!]));
        const boxes = flat(given.map(([, b]) => b));
        const distances = encodeDistances(points, boxes);
        expect(decodeDistances(points, distances)).toBeAllclose(boxes, { atol: 1e-3 });
        for (const distance of encodeDistances(points, boxes, { most: 16 })) {
          expect(distance).toBeGreaterThanOrEqual(0);
          expect(distance).toBeLessThanOrEqual(Math.fround(15.9));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('are left, top, right, bottom', () => {
    const points = Float32Array.of(3, 4);
    expect(Array.from(encodeDistances(points, Float32Array.of(1, 1, 10, 12)))).toEqual([2, 3, 7, 8]);
    expect(Array.from(decodeDistances(points, Float32Array.of(2, 3, 7, 8), [9, 20]))).toEqual([1, 1, 9, 12]);
    expect(() => encodeDistances(points, new Float32Array(8))).toThrow('anchors: 1 points for 2 boxes');
  });
});
