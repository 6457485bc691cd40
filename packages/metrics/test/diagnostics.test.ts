import { type Detections, emptyAssignment } from '@detrain/core';
import { changedQueries, duplicateRate, instability, positivesPerTarget } from '@detrain/metrics';
import { describe, expect, it } from 'vitest';
import { readTensors, reference } from '../../core/test/_reference.ts';

describe('instability', () => {
  it.for(['0', '1', '2'])('equals the reference reading of DN-DETR, case %s', (name, test) => {
    const tensors = readTensors(reference(test, 'assign', 'analysis', `instability_${name}_s8100.safetensors`));
    const [epochs, images, queries] = tensors.shape('V') as [number, number, number];
    const targets = tensors.int32('V');
    const epoch = (e: number) =>
      Array.from({ length: images }, (_, i) =>
        targets.subarray((e * images + i) * queries, (e * images + i + 1) * queries),
      );
    const all = Array.from({ length: epochs - 1 }, (_, e) => instability(epoch(e), epoch(e + 1)));
    expect(all).toBeAllclose(tensors.float64('IS'), { atol: 1e-12 });
    const perImage = Array.from({ length: epochs - 1 }, (_, e) =>
      epoch(e + 1).map((now, i) => changedQueries(epoch(e)[i]!, now)),
    );
    expect(perImage.flat()).toEqual(Array.from(tensors.int32('IS_per_image')));
  });

  it('counts background and ignored alike', () => {
    expect(changedQueries([-1, 0, 1], [-2, 1, 1])).toBe(1);
    expect(() => instability([[0]], [])).toThrow('metrics: 1 and 0 images');
    expect(() => instability([[0]], [[0, 1]])).toThrow('metrics: 1 and 2 queries');
    expect(instability([], [])).toBe(0);
  });
});

describe('positives per target', () => {
  it('counts by size, extra pairs included', () => {
    const targets = {
      boxes: Float32Array.of(0.5, 0.5, 0.1, 0.1, 0.5, 0.5, 0.5, 0.5, 0.2, 0.2, 0.1, 0.1),
      labels: Int32Array.of(0, 1, 2),
    };
    const assignment = {
      targetOf: Int32Array.of(0, 1, 1, -1, -2),
      extraPairs: { candidates: Int32Array.of(0), targets: Int32Array.of(1) },
    };
    const sizes = positivesPerTarget([
      { assignment, targets, width: 200, height: 200 },
      {
        assignment: emptyAssignment(5),
        targets: { boxes: new Float32Array(0), labels: new Int32Array(0) },
        width: 1,
        height: 1,
      },
    ]);
    expect(sizes['all']).toEqual({ targets: 3, positives: 4, mean: 4 / 3, fewest: 0, most: 3, unmatched: 1 });
    expect(sizes['small']).toEqual({ targets: 2, positives: 1, mean: 0.5, fewest: 0, most: 1, unmatched: 1 });
    expect(sizes['large']).toEqual({ targets: 1, positives: 3, mean: 3, fewest: 3, most: 3, unmatched: 0 });
    expect(sizes['medium']).toEqual({ targets: 0, positives: 0, mean: 0, fewest: 0, most: 0, unmatched: 0 });
  });
});

describe('duplicate rate', () => {
  it('is the share NMS would remove', () => {
    const box = [0, 0, 10, 10];
    const image = (labels: number[], scores: number[]): Detections => ({
      boxes: Float32Array.from(labels.flatMap(() => box)),
      scores: Float32Array.from(scores),
      labels: Int32Array.from(labels),
    });
    expect(duplicateRate([image([0, 0, 1], [0.9, 0.8, 0.7])])).toBeCloseTo(1 / 3);
    expect(duplicateRate([image([0, 0], [0.9, 0.1])])).toBe(0);
    expect(duplicateRate([])).toBe(0);
  });
});
