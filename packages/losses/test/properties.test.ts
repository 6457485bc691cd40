import { type Assignment, BACKGROUND, createRng, IGNORE, type Targets } from '@detrain/core';
import type { Loss, Predictions } from '@detrain/core/tensors';
import { useEager } from '@detrain/tooling/eager';
import type {} from '@detrain/tooling/setup';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  binaryCrossEntropy,
  binDistances,
  ddf,
  densify,
  fgl,
  focal,
  giou,
  iou,
  l1,
  mal,
  repeatCandidates,
  smoothL1,
  toTensors,
  twoBinTargets,
  vfl,
} from '../src/index.ts';
import { layerContext } from './reference.ts';

beforeAll(useEager);

const numClasses = 3;
const all: Loss[] = [mal(), vfl(), focal(), l1(), giou(), iou(), iou({ form: 'linear' }), smoothL1(), fgl(), ddf()];

/** A random image: predictions and targets, some candidates matched, some ignored. */
const scene = (seed: number, count: number) => {
  const rng = createRng(seed);
  const objects = rng.int(4);
  const draw = (n: number, low: number, high: number) => Float32Array.from({ length: n }, () => rng.uniform(low, high));
  const boxes = (n: number) =>
    Float32Array.from({ length: n * 4 }, (_, k) => (k % 4 < 2 ? rng.uniform(0.2, 0.8) : rng.uniform(0.05, 0.4)));
  const targets: Targets = {
    boxes: boxes(objects),
    labels: Int32Array.from({ length: objects }, () => rng.int(numClasses)),
  };
  const targetOf = Int32Array.from({ length: count }, () => (rng.next() < 0.2 ? IGNORE : rng.int(objects + 1) - 1));
  return {
    targets,
    assignment: { targetOf } as Assignment,
    logits: draw(count * numClasses, -4, 4),
    boxes: boxes(count),
    corners: draw(count * 20, -2, 2),
    teacher: draw(count * 20, -2, 2),
    reference: boxes(count),
  };
};
type Scene = Omit<ReturnType<typeof scene>, 'logits' | 'boxes' | 'corners' | 'teacher' | 'reference'> &
  Record<'logits' | 'boxes' | 'corners' | 'teacher' | 'reference', Float32Array>;

const options = (numCandidates: number) => ({ numCandidates, numClasses, normalizer: 'targets' as const });

const lossOf = (loss: Loss, one: Scene, count: number): number =>
  tf.tidy(() => {
    const tensor = (data: Float32Array) => tf.tensor3d(data, [1, count, data.length / count]);
    const student: Predictions = {
      logits: tensor(one.logits),
      boxes: tensor(one.boxes),
      corners: tensor(one.corners),
      reference: tensor(one.reference),
    };
    const dense = toTensors(densify([one.assignment], [one.targets], options(count)));
    const teacher = { ...student, corners: tensor(one.teacher) };
    return loss.compute(student, dense, layerContext(dense, { regMax: 4, teacher }))?.dataSync()[0] ?? Number.NaN;
  });

const rows = (data: Float32Array, order: readonly number[]): Float32Array => {
  const width = data.length / order.length;
  return Float32Array.from(
    { length: data.length },
    (_, k) => data[(order[Math.floor(k / width)] as number) * width + (k % width)] as number,
  );
};

describe('every loss', () => {
  it.each(all.map((loss) => [loss.name, loss] as const))(
    '%s is finite, not negative, and does not depend on the order of candidates',
    (_, loss) => {
      fc.assert(
        fc.property(fc.nat(), fc.integer({ min: 1, max: 8 }), (seed, count) => {
          const one = scene(seed, count);
          const order = Array.from(createRng(seed).fork('order').permutation(count));
          const shuffled: Scene = {
            ...one,
            assignment: { targetOf: Int32Array.from(order, (i) => one.assignment.targetOf[i] as number) },
            logits: rows(one.logits, order),
            boxes: rows(one.boxes, order),
            corners: rows(one.corners, order),
            teacher: rows(one.teacher, order),
            reference: rows(one.reference, order),
          };
          const value = lossOf(loss, one, count);
          expect(value).toBeGreaterThanOrEqual(-1e-6);
          expect(lossOf(loss, shuffled, count)).toBeCloseTo(value, 4);
        }),
        { numRuns: 25 },
      );
    },
  );

  it.each(all.map((loss) => [loss.name, loss] as const))('%s does not see ignored candidates', (_, loss) => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 6 }), (seed, count) => {
        const one = scene(seed, count);
        const extra = scene(seed + 1, 3);
        const join = (a: Float32Array, b: Float32Array) => Float32Array.from([...a, ...b]);
        const padded: Scene = {
          ...one,
          assignment: { targetOf: Int32Array.from([...one.assignment.targetOf, IGNORE, IGNORE, IGNORE]) },
          logits: join(one.logits, extra.logits),
          boxes: join(one.boxes, extra.boxes),
          corners: join(one.corners, extra.corners),
          teacher: join(one.teacher, extra.teacher),
          reference: join(one.reference, extra.reference),
        };
        expect(lossOf(loss, padded, count + 3)).toBeCloseTo(lossOf(loss, one, count), 4);
      }),
      { numRuns: 25 },
    );
  });
});

describe('binary cross entropy', () => {
  it('stays finite and its gradient within [-1, 1] for logits of any size', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (logit, target) => {
          tf.tidy(() => {
            const x = tf.tensor1d([logit]);
            const { value, grad } = tf.valueAndGrad((v) =>
              tf.sum(binaryCrossEntropy(v as tf.Tensor1D, tf.sigmoid(v as tf.Tensor1D), tf.tensor1d([target]))),
            )(x);
            const exact = Math.max(logit, 0) - logit * target + Math.log1p(Math.exp(-Math.abs(logit)));
            expect(value.dataSync()).toBeAllclose([exact], { atol: 1e-5, rtol: 1e-5 });
            expect(Math.abs(grad.dataSync()[0] as number)).toBeLessThanOrEqual(1);
          });
        },
      ),
    );
  });
});

describe('two-bin targets', () => {
  it('are distributions whose mean is the distance, cut to the range of the bins', () => {
    const bins = binDistances(32, 4);
    fc.assert(
      fc.property(fc.double({ min: -10, max: 10, noNaN: true }), (distance) => {
        const row = tf.tidy(() => Array.from(twoBinTargets(tf.tensor1d([distance]), bins).dataSync()));
        const mean = row.reduce((sum, weight, n) => sum + weight * (bins[n] as number), 0);
        expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
        expect(mean).toBeCloseTo(Math.min(Math.max(distance, -4), 4), 4);
        expect(row.filter((weight) => weight > 1e-6).length).toBeLessThanOrEqual(2);
      }),
    );
  });
});

describe('densify', () => {
  it('keeps every pair, label and box, and weighs ignored candidates 0', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 10 }), (seed, count) => {
        const { assignment, targets } = scene(seed, count);
        const host = densify([assignment], [targets], options(count));
        assignment.targetOf.forEach((target, i) => {
          expect(host.positive[i]).toBe(target >= 0 ? 1 : 0);
          expect(host.classWeight[i]).toBe(target === IGNORE ? 0 : 1);
          expect(host.boxWeight[i]).toBe(target >= 0 ? 1 : 0);
          expect(host.labels[i]).toBe(target >= 0 ? targets.labels[target] : numClasses);
          if (target >= 0)
            expect(Array.from(host.boxes.subarray(4 * i, 4 * i + 4))).toEqual(
              Array.from(targets.boxes.subarray(4 * target, 4 * target + 4)),
            );
        });
      }),
      { numRuns: 50 },
    );
  });

  const targets: Targets = {
    boxes: Float32Array.of(0.1, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 0.2),
    labels: Int32Array.of(2, 0),
  };

  it('divides by what was asked for', () => {
    const assignment: Assignment = {
      targetOf: Int32Array.of(0, 0, 0, BACKGROUND, IGNORE),
      quality: Float32Array.of(0.5, 0.25, 1, 0, 0),
    };
    const divisor = (normalizer: 'targets' | 'pairs' | 'quality' | 'sampled', groups = 1) =>
      densify([assignment], [targets], { numCandidates: 5, numClasses, normalizer, groups }).normalizer;
    expect(divisor('targets')).toBe(2);
    expect(divisor('targets', 3)).toBe(6);
    expect(divisor('pairs')).toBe(3);
    expect(divisor('quality')).toBe(1.75);
    expect(divisor('sampled')).toBe(4);
    const none = [{ targetOf: new Int32Array(5).fill(IGNORE) }];
    const empty = [{ boxes: new Float32Array(0), labels: new Int32Array(0) }];
    for (const normalizer of ['targets', 'pairs', 'quality', 'sampled'] as const)
      expect(densify(none, empty, { numCandidates: 5, numClasses, normalizer }).normalizer).toBe(1);
  });

  const twice: Assignment = {
    targetOf: Int32Array.of(1, BACKGROUND),
    extraPairs: { candidates: Int32Array.of(0), targets: Int32Array.of(0) },
  };

  it('puts a second target of a candidate into its second slot, for the box losses only', () => {
    const host = densify([twice], [targets], { numCandidates: 2, numClasses, normalizer: 'pairs', slots: 2 });
    expect(Array.from(host.labels)).toEqual([0, numClasses, 2, numClasses]);
    expect(Array.from(host.positive)).toEqual([1, 0, 1, 0]);
    expect(Array.from(host.boxWeight)).toEqual([1, 0, 1, 0]);
    expect(Array.from(host.classWeight)).toEqual([1, 1, 0, 0]);
    expect(host.normalizer).toBe(2);
    tf.tidy(() => {
      const predictions = repeatCandidates(
        {
          logits: tf.zeros([1, 2, 3]),
          boxes: tf.tensor3d([
            [
              [0.1, 0.1, 0.1, 0.1],
              [0, 0, 1, 1],
            ],
          ]),
        },
        2,
      );
      const dense = toTensors(host);
      // Slot 0 is off by 0.1 in each number, slot 1 is exact; two pairs.
      expect(l1().compute(predictions, dense, layerContext(dense))?.dataSync()[0]).toBeCloseTo(0.2, 6);
    });
  });

  it('names what does not fit', () => {
    const one =
      (assignment: Assignment, more = {}) =>
      () =>
        densify([assignment], [targets], { numCandidates: 2, numClasses, normalizer: 'pairs', ...more });
    expect(one(twice)).toThrow(/losses: image 0: candidate 0 answers for 2 targets.*slots/);
    expect(one({ targetOf: Int32Array.of(0) })).toThrow(/an assignment of 1 candidates/);
    expect(one({ targetOf: Int32Array.of(5, 0) })).toThrow(/target 5 of 2/);
    expect(one({ targetOf: Int32Array.of(0, 1) }, { numClasses: 2 })).toThrow(/has class 2.*numClasses/);
    expect(() => densify([twice], [], options(2))).toThrow(/1 assignments for 0 images/);
  });
});
