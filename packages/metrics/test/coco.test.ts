import { type CocoGroundTruth, detectionTable, evaluateCoco, groundTruthOf, STAT_NAMES } from '@detrain/metrics';
import { describe, expect, it } from 'vitest';

// One 100 x 100 image. Object A (class 7) at [10, 10, 40, 40], object B (class 9) at [60, 60, 20, 20].
const groundTruth: CocoGroundTruth = {
  images: [{ id: 42 }],
  categories: [
    { id: 9, name: 'b' },
    { id: 7, name: 'a' },
  ],
  annotations: [
    { image_id: 42, category_id: 7, bbox: [10, 10, 40, 40] },
    { image_id: 42, category_id: 9, bbox: [60, 60, 20, 20] },
  ],
};
const stat = (result: { stats: Float64Array }, name: (typeof STAT_NAMES)[number]) =>
  result.stats[STAT_NAMES.indexOf(name)];

describe('evaluateCoco', () => {
  it('is 1 where everything is found exactly', () => {
    const detections = groundTruth.annotations.map((annotation) => ({ ...annotation, score: 0.5 }));
    const result = evaluateCoco({ groundTruth, detections });
    expect(Array.from(result.stats)).toEqual([1, 1, 1, 1, 1, -1, 1, 1, 1, 1, 1, -1].map((x) => expect.closeTo(x, 12)));
    expect(result.categoryIds).toEqual([7, 9]);
    expect(result.perClass.map(({ name, apSmall, apLarge }) => [name, apSmall, apLarge])).toEqual([
      ['a', -1, -1],
      ['b', expect.closeTo(1, 12), -1],
    ]);
  });

  it('walks through a hand-worked case', () => {
    // A wrong box above the right one: precision 1/2 at every recall. IoU 0.8 counts at 7 of the 10 thresholds (0.5 … 0.8).
    const detections = [
      { image_id: 42, category_id: 7, bbox: [50, 50, 40, 40], score: 0.9 },
      { image_id: 42, category_id: 7, bbox: [10, 10, 40, 32], score: 0.8 },
    ];
    const result = evaluateCoco({ groundTruth, detections });
    expect(result.perClass[0]?.ap).toBeCloseTo(0.5 * 0.7, 12);
    expect(result.perClass[1]?.ap).toBe(0);
    expect(stat(result, 'AR1')).toBe(0);
    expect(stat(result, 'AR10')).toBeCloseTo(0.35, 12);
  });

  it('neither misses crowds nor counts what is inside them', () => {
    const crowd = { image_id: 42, category_id: 7, bbox: [50, 0, 50, 50], iscrowd: 1 };
    const inside = [0.9, 0.8].map((score) => ({ image_id: 42, category_id: 7, bbox: [60, 10, 10, 10], score }));
    const result = evaluateCoco({
      groundTruth: { ...groundTruth, annotations: [...groundTruth.annotations, crowd] },
      detections: [...inside, { image_id: 42, category_id: 7, bbox: [10, 10, 40, 40], score: 0.1 }],
    });
    expect(result.perClass[0]?.ap).toBeCloseTo(1, 12);
  });

  it('takes core values', () => {
    const targets = { boxes: Float32Array.of(0.5, 0.5, 0.5, 0.5), labels: Int32Array.of(1) };
    const table = detectionTable([3, 5]);
    table.add(8, { boxes: Float32Array.of(25, 50, 75, 150), scores: Float32Array.of(0.4), labels: Int32Array.of(1) });
    const truth = groundTruthOf([{ id: 8, width: 100, height: 200, targets }], ['x', 'y'], [3, 5]);
    const result = evaluateCoco({ groundTruth: truth, detections: table.columns() });
    expect(result.stats[0]).toBeCloseTo(1, 12);
    expect(() =>
      table.add(8, { boxes: new Float32Array(4), scores: Float32Array.of(1), labels: Int32Array.of(2) }),
    ).toThrow('metrics: a detection of class 2');
  });

  it('names what does not fit', () => {
    const detections = [{ image_id: 1, category_id: 7, bbox: [0, 0, 1, 1], score: 1 }];
    expect(() => evaluateCoco({ groundTruth, detections })).toThrow(
      'metrics: a detection of image 1. The ground truth has no',
    );
    expect(() =>
      evaluateCoco({ groundTruth, detections: { images: [42], categories: [], boxes: [], scores: [] } }),
    ).toThrow('Pass columns of one length');
  });

  it('measures other areas, limits and thresholds', () => {
    const detections = groundTruth.annotations.map((annotation) => ({ ...annotation, score: 0.5 }));
    const result = evaluateCoco(
      { groundTruth, detections },
      { maxDetections: [5], areas: [{ name: 'all', min: 0, max: Infinity }], iouThresholds: [0.3] },
    );
    expect(result.shape).toEqual([1, 101, 2, 1, 1]);
    expect(result.stats[0]).toBeCloseTo(1, 12);
    expect(stat(result, 'AP50')).toBe(-1);
  });
});
