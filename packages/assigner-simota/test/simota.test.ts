import { assignSimota, simota } from '@detrain/assigner-simota';
import { BACKGROUND, createRng, float32Iou, IGNORE } from '@detrain/core';
import { assignContext, testAssigner } from '@detrain/testkit';
import { describe, expect, it } from 'vitest';

const permutation = 'targets that a candidate does not overlap cost the same: the first one gets it';
testAssigner(() => simota(), { notANumber: true, permutation });
testAssigner(() => simota({ centerRadius: 0.2, candidateTopk: 3, imageSize: [800, 600] }), {
  permutation,
  exactCopy: 'one of the others may be cheaper for the class',
});

const prior = (x: number, y: number) => [x, y, 8, 8];
const square = (x: number, y: number, side: number) => [x - side / 2, y - side / 2, x + side / 2, y + side / 2];

/** A scene on a line: points 8 apart, predictions of 20 around them, all sure of class 0 by `score`. */
const line = (count: number, score: (i: number) => number) => {
  const at = Array.from({ length: count }, (_, i) => 8 * i + 4);
  return {
    priors: Float32Array.from(at.flatMap((x) => prior(x, 10))),
    boxes: Float32Array.from(at.flatMap((x) => square(x, 10, 20))),
    scores: Float32Array.from(at, (_, i) => score(i)),
    numClasses: 1,
  };
};

describe('assignSimota', () => {
  it('keeps its promises on 10,000 scenes', () => {
    const rng = createRng('simota');
    for (let run = 0; run < 10_000; run++) {
      const count = rng.int(30);
      const numClasses = 1 + rng.int(3);
      const where = () => [rng.uniform(0, 100), rng.uniform(0, 100)] as const;
      const targetCount = rng.int(5);
      const box = () => square(...where(), rng.uniform(5, 60));
      const input = {
        priors: Float32Array.from(Array.from({ length: count }, () => prior(...where())).flat()),
        boxes: Float32Array.from(Array.from({ length: count }, box).flat()),
        scores: Float32Array.from({ length: count * numClasses }, rng.next),
        numClasses,
        targets: Float32Array.from(Array.from({ length: targetCount }, box).flat()),
        labels: Int32Array.from({ length: targetCount }, () => rng.int(numClasses)),
      };
      const candidateTopk = 1 + rng.int(10);
      const { targetOf, iou, wanted } = assignSimota(input, { candidateTopk });
      const used = new Int32Array(targetCount);
      const wrong: string[] = [];
      targetOf.forEach((target, i) => {
        if (target < 0) return;
        used[target] = used[target]! + 1;
        if (iou[i] !== float32Iou(input.boxes, i, input.targets, target)) wrong.push(`IoU of ${i}`);
      });
      // what a target asks for is at most what it may add up; only candidates that change hands come on top
      const most = wanted.reduce((sum, k) => sum + k, 0);
      if (used.reduce((sum, n) => sum + n, 0) > most) wrong.push(`${used} of ${wanted}`);
      if (wanted.some((k) => k > candidateTopk)) wrong.push(`wanted ${wanted}`);
      expect(wrong, `scene ${run}`).toEqual([]);
    }
  });

  it('gives a target as many candidates as its largest IoUs add up to', () => {
    // predictions shifted by 0, 8, 16: IoUs with the target 1, 3/7, 1/9; the sum of the two best is 1.43, of all five 2.08
    const scene = { ...line(5, () => 0.5), targets: Float32Array.from(square(20, 10, 20)), labels: Int32Array.of(0) };
    expect(Array.from(assignSimota(scene, { candidateTopk: 2 }).wanted)).toEqual([1]);
    const { wanted, targetOf, iou } = assignSimota(scene, { candidateTopk: 5 });
    expect(Array.from(wanted)).toEqual([2]);
    // the second best is a tie: the first of the two is taken
    expect(Array.from(targetOf)).toEqual([-1, 0, 0, -1, -1]);
    expect(iou[1]).toBeCloseTo(3 / 7, 6);
  });

  it('counts by the class where boxes are equal', () => {
    const scene = line(3, (i) => [0.1, 0.1, 0.9][i]!);
    const boxes = Float32Array.from([0, 1, 2].flatMap(() => square(12, 10, 20)));
    const targets = Float32Array.from(square(12, 10, 20));
    const { targetOf } = assignSimota({ ...scene, boxes, targets, labels: Int32Array.of(0) }, { candidateTopk: 1 });
    expect(Array.from(targetOf)).toEqual([-1, -1, 0]);
  });

  it('gives a candidate of two targets to the one it costs least with', () => {
    const targets = Float32Array.from([...square(4, 10, 40), ...square(5, 10, 20)]);
    const scene = { ...line(1, () => 0.5), targets, labels: Int32Array.of(0, 0) };
    expect(Array.from(assignSimota(scene).targetOf)).toEqual([1]);
  });

  it('leaves candidates far from all targets alone, and ignores invalid ones', () => {
    const targets = Float32Array.from(square(4, 10, 10));
    const scene = { ...line(6, () => 0.5), targets, labels: Int32Array.of(0), valid: Uint8Array.of(0, 1, 1, 1, 1, 1) };
    const { targetOf } = assignSimota(scene, { candidateTopk: 3 });
    expect([targetOf[0], targetOf[1], targetOf[5]]).toEqual([IGNORE, 0, BACKGROUND]);
    const none = assignSimota({ ...scene, targets: Float32Array.from(square(900, 900, 10)) });
    expect([...none.targetOf, ...none.wanted]).toEqual([IGNORE, -1, -1, -1, -1, -1, 0]);
  });

  it('says what does not fit', () => {
    const scene = { ...line(2, () => 0.5), targets: new Float32Array(4), labels: Int32Array.of(0) };
    expect(() => assignSimota({ ...scene, scores: new Float32Array(3) })).toThrow('assigner-simota: 2 priors, 2 boxes');
    expect(() => assignSimota({ ...scene, labels: Int32Array.of(1) })).toThrow('a target of class 1');
    expect(() => assignSimota({ ...scene, targets: new Float32Array(8) })).toThrow('8 box numbers for 1 labels');
    const targets = { boxes: scene.targets, labels: scene.labels };
    expect(() => simota().assign({ boxes: scene.boxes, numClasses: 1 }, targets, assignContext())).toThrow(
      'candidates without logits',
    );
  });
});

describe('simota', () => {
  it('takes points and strides from the priors, boxes from the predictions', () => {
    const boxes = Float32Array.of(0.5, 0.5, 0.2, 0.2, 0.5, 0.5, 0.2, 0.2);
    const priors = Float32Array.of(0.1, 0.1, 0.01, 0.01, 0.52, 0.5, 0.01, 0.01);
    const targets = { boxes: Float32Array.of(0.5, 0.5, 0.2, 0.2), labels: Int32Array.of(0) };
    const candidates = { boxes, priors, logits: Float32Array.of(4, 0), numClasses: 1 };
    const { targetOf, quality } = simota().assign(candidates, targets, assignContext());
    expect(Array.from(targetOf)).toEqual([-1, 0]);
    expect(quality?.[1]).toBeCloseTo(1, 5);
  });
});
