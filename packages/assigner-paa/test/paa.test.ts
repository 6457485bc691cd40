import { fitTwoGaussians, paa, paaLosses, separateByLoss } from '@detrain/assigner-paa';
import { BACKGROUND, createRng, giou, IGNORE } from '@detrain/core';
import { assignContext, testAssigner } from '@detrain/testkit';
import { describe, expect, it } from 'vitest';

const permutation = 'a candidate that is the best of two targets goes to the last of them';
testAssigner(() => paa(), { permutation });
testAssigner(() => paa({ topk: 3, imageSize: [800, 600], first: { positive: 0.3, negative: 0.3 } }), {
  levels: (count) => [count - (count >> 1), count >> 1],
  permutation,
});

/** Losses of two well separated normal distributions. */
const clusters = (seed: number, low: number, high: number) => {
  const { normal } = createRng(seed);
  return Float32Array.from([
    ...Array.from({ length: low }, () => 1 + 0.1 * normal()),
    ...Array.from({ length: high }, () => 5 + 0.4 * normal()),
  ]);
};

describe('fitTwoGaussians', () => {
  it('finds the two distributions that values are drawn from', () => {
    const values = clusters(1, 300, 100);
    const { means, variances, weights, converged, component } = fitTwoGaussians(values);
    expect(converged).toBe(true);
    expect(means[0]).toBeCloseTo(1, 1);
    expect(means[1]).toBeCloseTo(5, 1);
    expect(Math.sqrt(variances[0])).toBeCloseTo(0.1, 1);
    expect(Math.sqrt(variances[1])).toBeCloseTo(0.4, 1);
    expect(weights[0]).toBeCloseTo(0.75, 6);
    expect(Array.from(component)).toEqual(Array.from(values, (x) => (x > 3 ? 1 : 0)));
  });

  it('gives finite results whatever the values, on 2,000 fits', () => {
    const rng = createRng('gaussians');
    for (let run = 0; run < 2_000; run++) {
      const scale = 10 ** rng.int(5);
      const values = Float32Array.from({ length: 1 + rng.int(20) }, () => scale * (run % 3 ? rng.next() : rng.int(3)));
      const { means, variances, weights, iterations, logDensity } = fitTwoGaussians(values);
      const numbers = [...means, ...variances, ...weights, ...logDensity];
      expect(numbers.every(Number.isFinite), `fit ${run}`).toBe(true);
      expect(Math.abs(weights[0] + weights[1] - 1) < 1e-9 && Math.min(...variances) > 0, `fit ${run}`).toBe(true);
      expect(iterations).toBeLessThanOrEqual(100);
    }
  });

  it('counts equal values as of the first distribution', () => {
    expect(Array.from(fitTwoGaussians(Float32Array.of(2, 2, 2)).component)).toEqual([0, 0, 0]);
  });
});

describe('separateByLoss', () => {
  it('keeps low losses up to the likeliest', () => {
    const losses = clusters(2, 6, 6);
    const kept = separateByLoss({ targetOf: new Int32Array(12), losses, levels: [12] }, { topk: 12 });
    const { component, logDensity } = fitTwoGaussians(losses.toSorted());
    const low = losses.toSorted().filter((_, k) => component[k] === 0);
    const most = low[logDensity.indexOf(Math.max(...logDensity.subarray(0, low.length)))]!;
    expect(low.length).toBe(6);
    expect(Array.from(kept)).toEqual(Array.from(losses, (loss) => (loss <= most ? 0 : BACKGROUND)));
  });

  it('keeps its promises on 10,000 scenes', () => {
    const rng = createRng('separate');
    for (let run = 0; run < 10_000; run++) {
      const levels = [rng.int(20), rng.int(10), rng.int(5)];
      const count = levels.reduce((sum, n) => sum + n, 0);
      const targetOf = Int32Array.from({ length: count }, () => rng.int(6) - 2);
      const losses = Float32Array.from({ length: count }, () => (run % 2 ? rng.int(4) : 3 * rng.next()));
      const topk = 1 + rng.int(9);
      const kept = separateByLoss({ targetOf, losses, levels }, { topk });
      const wrong: string[] = [];
      for (let target = 0; target < 4; target++) {
        const own = Array.from(kept.keys()).filter((i) => kept[i] === target);
        const all = Array.from(targetOf.keys()).filter((i) => targetOf[i] === target);
        if (own.some((i) => targetOf[i] !== target)) wrong.push(`a candidate changed hands to ${target}`);
        if (own.length > topk * levels.length) wrong.push(`${own.length} of target ${target}`);
        if (all.length === 1 && own.length !== 1) wrong.push(`target ${target} lost its only candidate`);
      }
      targetOf.forEach((target, i) => {
        if (target < 0 && kept[i] !== target) wrong.push(`candidate ${i} became ${kept[i]}`);
      });
      expect(wrong, `scene ${run}`).toEqual([]);
    }
  });

  it('keeps the only candidate of a target, or drops it as mmdetection does', () => {
    const input = { targetOf: Int32Array.of(0, -1), losses: Float32Array.of(1, 0), levels: [2] };
    expect(Array.from(separateByLoss(input))).toEqual([0, BACKGROUND]);
    expect(Array.from(separateByLoss(input, { single: 'dropped' }))).toEqual([BACKGROUND, BACKGROUND]);
    expect(() => separateByLoss({ ...input, levels: [1] })).toThrow('assigner-paa: levels of 1 candidates in all');
  });
});

describe('paaLosses', () => {
  it('adds the focal loss of all classes and the GIoU loss', () => {
    const boxes = Float32Array.of(0, 0, 10, 10, 0, 0, 10, 10);
    const targets = Float32Array.of(0, 0, 10, 20);
    const losses = paaLosses({
      targetOf: Int32Array.of(0, BACKGROUND),
      boxes,
      logits: new Float32Array(4),
      numClasses: 2,
      targets,
      labels: Int32Array.of(1),
    });
    // at a probability of 1/2: alpha, and 1 - alpha for the other class, times 1/4 times ln 2
    const classes = (0.25 + 0.75) * 0.25 * Math.LN2;
    expect(losses[0]).toBeCloseTo(classes + 1.3 * (1 - giou(boxes, 0, targets, 0)), 6);
    expect(losses[1]).toBe(0);
  });
});

describe('paa', () => {
  it('prefers anchors whose predictions fit', () => {
    // four anchors at one place; two predict the target well
    const priors = Float32Array.from(Array.from({ length: 4 }, () => [0.5, 0.5, 0.2, 0.2]).flat());
    const boxes = Float32Array.of(0.5, 0.5, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1, 0.5, 0.5, 0.21, 0.2, 0.9, 0.9, 0.1, 0.1);
    const candidates = { boxes, priors, logits: Float32Array.of(4, -4, 4, -4), numClasses: 1 };
    const targets = { boxes: Float32Array.of(0.5, 0.5, 0.2, 0.2), labels: Int32Array.of(0) };
    const { targetOf } = paa().assign(candidates, targets, assignContext());
    expect([targetOf[0], targetOf[1], targetOf[3]]).toEqual([0, BACKGROUND, BACKGROUND]);
    const valid = Uint8Array.of(0, 1, 1, 1);
    expect(paa().assign({ ...candidates, valid }, targets, assignContext()).targetOf[0]).toBe(IGNORE);
    const { logits: _, ...anchors } = candidates;
    expect(() => paa().assign(anchors, targets, assignContext())).toThrow('candidates without logits');
  });
});
