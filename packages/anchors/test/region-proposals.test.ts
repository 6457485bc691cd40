import { regionLevels, regionProposals } from '@detrain/anchors';
import { describe, expect, it } from 'vitest';

const input = {
  anchors: Float32Array.of(0, 0, 10, 10, 1, 0, 11, 10, 40, 40, 60, 60, 0, 0, 10, 10),
  levels: [3, 1],
  logits: Float32Array.of(2, 1, 3, 0),
  deltas: new Float32Array(16),
  imageSize: [50, 50] as const,
};

describe('regionProposals', () => {
  it('keeps the best of each place and level, clipped to the image', () => {
    const { anchors, boxes, scores } = regionProposals(input);
    // anchor 1 covers anchor 0 by 9 / 11; anchor 3 is of another level
    expect(Array.from(anchors)).toEqual([2, 0, 3]);
    expect(Array.from(boxes.subarray(0, 4))).toEqual([40, 40, 50, 50]);
    expect(scores[2]).toBeCloseTo(0.5, 6);
  });

  it('looks at so many of each level, keeps so many in all', () => {
    expect(Array.from(regionProposals(input, { preCount: 1 }).anchors)).toEqual([2, 3]);
    expect(Array.from(regionProposals(input, { count: 1 }).anchors)).toEqual([2]);
    expect(Array.from(regionProposals(input, { iou: 0.9 }).anchors)).toEqual([2, 0, 1, 3]);
  });

  it('drops what is outside the image or too small', () => {
    expect(Array.from(regionProposals({ ...input, imageSize: [30, 30] }).anchors)).toEqual([0, 3]);
    expect(Array.from(regionProposals(input, { smallestSize: 10 }).anchors)).toEqual([]);
  });

  it('says what does not fit', () => {
    expect(() => regionProposals({ ...input, levels: [3] })).toThrow('anchors: 4 anchors, 3 in all levels');
  });
});

describe('regionLevels', () => {
  it('is one coarser each time the size doubles', () => {
    const squares = [1, 55.9, 56, 111.9, 112, 223, 224, 447, 448, 4000].flatMap((side) => [0, 0, side, side]);
    expect(Array.from(regionLevels(Float32Array.from(squares), { finest: 56 }))).toEqual([
      0, 0, 0, 0, 1, 1, 2, 2, 3, 3,
    ]);
    expect(Array.from(regionLevels(Float32Array.of(0, 0, 30, 120), { finest: 30, levels: 2 }))).toEqual([1]);
  });
});
