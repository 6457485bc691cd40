import { assignAtss, atss } from '@detrain/assigner-atss';
import { BACKGROUND, createRng, float32Iou, IGNORE, type Rng } from '@detrain/core';
import { assignContext, testAssigner } from '@detrain/testkit';
import { describe, expect, it } from 'vitest';

const halves = (count: number): number[] => [count - (count >> 1), count >> 1];
const exactCopy = 'of two or three candidates, the mean plus the deviation may be more than any IoU';
testAssigner(() => atss(), { notANumber: true, exactCopy });
testAssigner(() => atss({ topk: 3, imageSize: [800, 600], centerness: false }), {
  levels: halves,
  logits: false,
  exactCopy,
});

/** The rule without shortcuts: every distance, sorted. */
const plain = (anchors: Float32Array, levels: readonly number[], targets: Float32Array, topk: number): Int32Array => {
  const middle = (boxes: Float32Array, i: number, axis: number) =>
    Math.fround(boxes[4 * i + axis]! + boxes[4 * i + axis + 2]!) / 2;
  const best = new Float32Array(anchors.length / 4).fill(-1);
  const targetOf = new Int32Array(anchors.length / 4).fill(BACKGROUND);
  for (let t = 0; t < targets.length / 4; t++) {
    const x = middle(targets, t, 0);
    const y = middle(targets, t, 1);
    const chosen: number[] = [];
    let start = 0;
    for (const count of levels) {
      const square = (i: number) =>
        Math.fround(
          Math.fround(Math.fround(middle(anchors, i, 0) - x) ** 2) +
            Math.fround(Math.fround(middle(anchors, i, 1) - y) ** 2),
        );
      const order = Array.from({ length: count }, (_, k) => start + k);
      chosen.push(...order.sort((i, j) => square(i) - square(j) || i - j).slice(0, topk));
      start += count;
    }
    const ious = chosen.map((i) => float32Iou(anchors, i, targets, t));
    const mean = ious.reduce((sum, v) => sum + v, 0) / ious.length;
    const variance = ious.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(ious.length - 1, 1);
    const threshold = Math.fround(Math.fround(mean) + Math.fround(Math.sqrt(variance)));
    chosen.forEach((i, k) => {
      const sides = [0, 1].flatMap((axis) => [
        middle(anchors, i, axis) - targets[4 * t + axis]!,
        targets[4 * t + axis + 2]! - middle(anchors, i, axis),
      ]);
      if (ious[k]! < threshold || Math.fround(Math.min(...sides)) <= Math.fround(0.01) || ious[k]! <= best[i]!) return;
      best[i] = ious[k]!;
      targetOf[i] = t;
    });
  }
  return targetOf;
};

/** Corners on a coarse lattice, so that distances and IoUs tie often. */
const randomCorners = (rng: Rng, count: number, step: number): Float32Array =>
  Float32Array.from(
    Array.from({ length: count }, () => {
      const [x, y] = [step * rng.int(20), step * rng.int(20)];
      return [x, y, x + step * (1 + rng.int(12)), y + step * (1 + rng.int(12))];
    }).flat(),
  );

describe('assignAtss', () => {
  it('agrees with the rule written plainly, on 10,000 scenes with ties', () => {
    const rng = createRng('atss');
    for (let run = 0; run < 10_000; run++) {
      const levels = [rng.int(14), rng.int(8), rng.int(4)];
      const count = levels.reduce((sum, n) => sum + n, 0);
      const anchors = randomCorners(rng, count, run % 2 ? 8 : 3.7);
      const targets = randomCorners(rng, rng.int(6), run % 3 ? 8 : 5.3);
      const topk = 1 + rng.int(9);
      const { targetOf, iou } = assignAtss({ anchors, levels, targets }, { topk });
      expect(Array.from(targetOf), `scene ${run}`).toEqual(Array.from(plain(anchors, levels, targets, topk)));
      targetOf.forEach((target, i) => {
        expect(iou[i]).toBe(target < 0 ? 0 : float32Iou(anchors, i, targets, target));
      });
    }
  });

  it('takes the mean plus the unbiased deviation, and what equals it', () => {
    // IoUs 0.2, 0.4 and 0.6 with a square of 10: threshold 0.4 + 0.2
    const target = Float32Array.of(0, 0, 10, 10);
    const inside = (share: number) => [0, 5 - 5 * share, 10, 5 + 5 * share];
    const anchors = Float32Array.from([0.2, 0.4, 0.6].flatMap(inside));
    expect(Array.from(assignAtss({ anchors, levels: [3], targets: target }).targetOf)).toEqual([-1, -1, 0]);
  });

  it('gives an anchor of two targets to the larger IoU, of equal ones to the first', () => {
    const anchors = Float32Array.of(0, 0, 10, 10);
    const run = (...targets: number[]) =>
      assignAtss({ anchors, levels: [1], targets: Float32Array.from(targets) }).targetOf[0];
    expect(run(0, 0, 10, 20, 0, 0, 10, 11)).toBe(1);
    expect(run(0, 0, 10, 11, 0, 0, 10, 11)).toBe(0);
  });

  it('leaves out anchors whose centre is on the edge', () => {
    const anchors = Float32Array.of(-5, 0, 5, 10);
    const margin = (left: number) =>
      assignAtss({ anchors, levels: [1], targets: Float32Array.of(left, 0, 10, 10) }).targetOf[0];
    expect(margin(0)).toBe(BACKGROUND);
    expect(margin(-0.009)).toBe(BACKGROUND);
    expect(margin(-0.02)).toBe(0);
  });

  it('ignores invalid anchors, and those in ignored regions', () => {
    const anchors = Float32Array.of(0, 0, 10, 10, 1, 0, 11, 10, 100, 0, 110, 10, 200, 0, 210, 10);
    const targets = Float32Array.of(0, 0, 10, 10);
    const valid = Uint8Array.of(0, 1, 1, 1);
    const ignored = Float32Array.of(99, -1, 108, 20);
    const { targetOf } = assignAtss({ anchors, levels: [4], targets, valid, ignored }, { topk: 1, ignoreIof: 0.5 });
    expect(Array.from(targetOf)).toEqual([IGNORE, 0, IGNORE, BACKGROUND]);
  });

  it('wants levels of all anchors', () => {
    expect(() => assignAtss({ anchors: new Float32Array(12), levels: [2], targets: new Float32Array(0) })).toThrow(
      'assigner-atss: levels of 2 anchors in all for 3 anchors',
    );
    expect(() => atss({ topk: 0 })).toThrow('topk: 0');
  });
});

describe('atss', () => {
  it('weighs positives by their centerness', () => {
    const candidates = { boxes: Float32Array.of(0.25, 0.5, 0.5, 1, 0.9, 0.9, 0.1, 0.1), numClasses: 2 };
    const targets = { boxes: Float32Array.of(0.4, 0.5, 0.8, 1), labels: Int32Array.of(1) };
    const { targetOf, quality, boxWeight } = atss({ topk: 1, imageSize: [100, 100] }).assign(
      candidates,
      targets,
      assignContext(),
    );
    expect(Array.from(targetOf)).toEqual([0, BACKGROUND]);
    // the centre at x = 25 of [0, 80], in the middle of its height
    expect(quality?.[0]).toBeCloseTo(Math.sqrt(25 / 55), 6);
    expect(quality?.[1]).toBe(0);
    expect(boxWeight).toEqual(quality);
    expect(atss({ centerness: false }).assign(candidates, targets, assignContext()).quality).toBeUndefined();
  });

  it('measures in pixels: a wide image has other nearest anchors', () => {
    const candidates = { boxes: Float32Array.of(0.5, 0.2, 0.5, 1, 0.2, 0.5, 0.5, 1), numClasses: 2 };
    const targets = { boxes: Float32Array.of(0.45, 0.42, 0.9, 0.9), labels: Int32Array.of(0) };
    const nearest = (imageSize: readonly [number, number]) =>
      atss({ topk: 1, imageSize }).assign(candidates, targets, assignContext()).targetOf.indexOf(0);
    expect([nearest([1000, 100]), nearest([100, 1000])]).toEqual([0, 1]);
  });
});
