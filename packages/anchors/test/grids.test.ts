import { anchorGrid, insideImage, levelSizes, octaveScales, pointGrid, validAnchors } from '@detrain/anchors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const strides = [8, 16, 32, 64, 128];
const side = fc.integer({ min: 1, max: 300 });

describe('anchorGrid', () => {
  it("makes ATSS's anchors: one square of eight strides around each cell's corner", () => {
    const { boxes, levels } = anchorGrid({ strides: [8, 16] }).generate([
      [2, 2],
      [1, 1],
    ]);
    expect(levels).toEqual([4, 1]);
    expect(Array.from(boxes)).toEqual(
      [
        [-32, -32, 32, 32],
        [-24, -32, 40, 32],
        [-32, -24, 32, 40],
        [-24, -24, 40, 40],
        [-64, -64, 64, 64],
      ].flat(),
    );
  });

  it('makes nine anchors a location, ratio by ratio, of equal area a scale', () => {
    const grid = anchorGrid({ strides: [8], scales: octaveScales(4, 3), ratios: [0.5, 1, 2] });
    expect(grid.perLocation).toBe(9);
    const base = grid.base(0);
    for (let i = 0; i < 9; i++) {
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = base.subarray(4 * i, 4 * i + 4);
      expect((y2 - y1) / (x2 - x1)).toBeCloseTo([0.5, 1, 2][Math.floor(i / 3)]!, 5);
      expect(Math.sqrt((x2 - x1) * (y2 - y1))).toBeCloseTo(32 * 2 ** ((i % 3) / 3), 3);
      expect([x1 + x2, y1 + y2]).toEqual([0, 0]);
    }
  });

  it('puts anchors in the middle of cells where asked', () => {
    expect(Array.from(anchorGrid({ strides: [8], scales: [1], offset: 0.5 }).generate([[1, 2]]).boxes)).toEqual([
      0, 0, 8, 8, 8, 0, 16, 8,
    ]);
  });

  it('has anchors at every location of any image, each level after the other', () => {
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 3 }), (height, width, scales) => {
        const grid = anchorGrid({ strides, scales: octaveScales(4, scales) });
        const sizes = levelSizes(height, width, strides);
        const { boxes, levels } = grid.generate(sizes);
        expect(levels).toEqual(sizes.map(([h, w]) => h * w * scales));
        let i = 0;
        sizes.forEach(([h, w], level) => {
          const stride = strides[level]!;
          expect([(h - 1) * stride < height, h * stride >= height]).toEqual([true, true]);
          const last = i + h * w * scales - 1;
          expect(boxes[4 * last]! + boxes[4 * last + 2]!).toBeCloseTo(2 * (w - 1) * stride, 2);
          expect(boxes[4 * last + 1]! + boxes[4 * last + 3]!).toBeCloseTo(2 * (h - 1) * stride, 2);
          i = last + 1;
        });
        expect(boxes.length).toBe(4 * i);
      }),
    );
  });

  it('wants a feature map for every stride', () => {
    expect(() => anchorGrid({ strides }).generate([[1, 1]])).toThrow('anchors: 1 feature maps for 5 strides');
    expect(() => pointGrid({ strides }).generate([])).toThrow('0 feature maps for 5 strides');
  });
});

describe('pointGrid', () => {
  it('has a point in the middle of each cell, and squares around it', () => {
    const grid = pointGrid({ strides: [8, 16] });
    const sizes = [
      [1, 2],
      [1, 1],
    ] as const;
    expect(Array.from(grid.generate(sizes).points)).toEqual([4, 4, 12, 4, 8, 8]);
    expect(Array.from(grid.squares(sizes).boxes)).toEqual([0, 0, 8, 8, 8, 0, 16, 8, 0, 0, 16, 16]);
    expect(Array.from(grid.squares(sizes, 8).boxes.subarray(8))).toEqual([-56, -56, 72, 72]);
    expect(Array.from(pointGrid({ strides: [8], offset: 0 }).generate([[1, 2]]).points)).toEqual([0, 0, 8, 0]);
  });
});

describe('validAnchors', () => {
  it('keeps the anchors whose cell begins on the image', () => {
    fc.assert(
      fc.property(side, side, side, side, (height, width, imageHeight, imageWidth) => {
        const grid = anchorGrid({ strides, scales: [1, 2] });
        const sizes = levelSizes(height, width, strides);
        const { boxes, levels } = grid.generate(sizes);
        const valid = validAnchors(sizes, strides, 2, [imageWidth, imageHeight]);
        expect(valid.length).toBe(boxes.length / 4);
        let i = 0;
        levels.forEach((count, level) => {
          for (const end = i + count; i < end; i++) {
            const x = (boxes[4 * i]! + boxes[4 * i + 2]!) / 2;
            const y = (boxes[4 * i + 1]! + boxes[4 * i + 3]!) / 2;
            expect(valid[i], `level ${level}, anchor ${i}`).toBe(x < imageWidth && y < imageHeight ? 1 : 0);
          }
        });
      }),
    );
  });

  it('tells boxes that reach beyond the image', () => {
    const boxes = Float32Array.of(0, 0, 9, 9, -1, 0, 5, 5, 0, 0, 10, 5, 2, 3, 4, 12);
    expect(Array.from(insideImage(boxes, [10, 10]))).toEqual([1, 0, 0, 0]);
    expect(Array.from(insideImage(boxes, [10, 10], 1))).toEqual([1, 1, 1, 0]);
  });
});
