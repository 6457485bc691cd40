import type { Loss, LossContext, Predictions } from '@detrain/core/tensors';
import { useEager } from '@detrain/tooling/eager';
import type {} from '@detrain/tooling/setup';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  bce,
  crossEntropy,
  decodeDeltas,
  decodeSides,
  densify,
  dfl,
  expectedSides,
  focal,
  qfl,
  quality,
  toTensors,
} from '../src/index.ts';

beforeAll(useEager);

/** One image of two candidates; the first answers for a target of class `label` with a quality. */
const compute = (
  loss: Loss,
  predictions: Partial<Predictions>,
  { label = 0, numClasses = 2, soft = 1, regMax = 16 } = {},
) => {
  const targets = [{ boxes: Float32Array.of(0.5, 0.5, 0.5, 0.5), labels: Int32Array.of(label) }];
  const assignment = { targetOf: Int32Array.of(0, -1), quality: Float32Array.of(soft, 0) };
  const dense = toTensors(densify([assignment], targets, { numCandidates: 2, numClasses, normalizer: 'pairs' }));
  const context: LossContext = { role: 'layer', last: true, main: dense, regMax };
  return loss.compute(predictions as Predictions, dense, context)?.dataSync()[0] ?? null;
};

const zeros = (channels: number) => tf.zeros([1, 2, channels]) as tf.Tensor3D;

describe('losses of dense heads', () => {
  it('qfl: a probability of 0.5 towards a quality of 0.8, and negatives', () => {
    // the specification's numbers: 0.06238 for the positive class, 0.1733 for each of the three others
    const assigned = qfl({ quality: 'assigned' });
    expect(compute(assigned, { logits: zeros(2) }, { soft: 0.8 })).toBeCloseTo(0.06238 + 3 * 0.1733, 4);
    const sharp = compute(qfl({ quality: 'assigned', beta: 1 }), { logits: zeros(2) }, { soft: 0.8 });
    expect(sharp).toBeCloseTo(Math.LN2 * (0.3 + 3 * 0.5), 5);
  });

  it('qfl takes the IoU of the own box for quality', () => {
    // the predicted box is half of the target
    const boxes = tf.tensor3d([
      [
        [0.5, 0.5, 0.25, 0.5],
        [0.1, 0.1, 0.1, 0.1],
      ],
    ]);
    expect(compute(qfl(), { logits: zeros(2), boxes })).toBeCloseTo(3 * 0.25 * Math.LN2, 5);
  });

  it('quality: cross entropy of positives towards their centerness, nothing without such a branch', () => {
    const logits = tf.tensor2d([[0, 3]]);
    expect(compute(quality(), { quality: logits }, { soft: 0.3 })).toBeCloseTo(Math.LN2, 6);
    expect(compute(quality(), { quality: tf.tensor2d([[2, 0]]) }, { soft: 0.3 })).toBeCloseTo(
      -0.3 * Math.log(1 / (1 + Math.exp(-2))) - 0.7 * Math.log(1 - 1 / (1 + Math.exp(-2))),
      5,
    );
    expect(compute(quality(), { logits: zeros(2) })).toBeNull();
  });

  it('bce: a logarithm of two for every undecided class, of one class, too', () => {
    expect(compute(bce(), { logits: zeros(3) }, { numClasses: 3 })).toBeCloseTo(6 * Math.LN2, 5);
    const logits = tf.tensor3d([[[20], [-20]]]);
    expect(compute(bce(), { logits }, { numClasses: 1 })).toBeCloseTo(0, 6);
    expect(compute(focal(), { logits: tf.neg(logits) }, { numClasses: 1 })).toBeGreaterThan(10);
  });

  it('cross entropy: the background is the last class', () => {
    expect(compute(crossEntropy(), { logits: zeros(3) })).toBeCloseTo(2 * Math.log(3), 5);
    const logits = tf.tensor3d([
      [
        [0, 20, 0],
        [0, 0, 20],
      ],
    ]);
    expect(compute(crossEntropy(), { logits }, { label: 1 })).toBeCloseTo(0, 6);
  });

  it('dfl: two bins around each distance', () => {
    // an anchor of eight strides of 0.05 in the middle of the target: distances of 0.25 are five bins
    const reference = tf.tensor3d([
      [
        [0.5, 0.5, 0.4, 0.4],
        [0, 0, 0.4, 0.4],
      ],
    ]);
    const peak = (bin: number) =>
      tf.tensor3d([[Array.from({ length: 68 }, (_, k) => (k % 17 === bin ? 30 : 0)), Array<number>(68).fill(0)]]);
    expect(compute(dfl(), { corners: peak(5), reference })).toBeCloseTo(0, 5);
    expect(compute(dfl(), { corners: zeros(68), reference })).toBeCloseTo(Math.log(17), 5);
    // anchors of 7.2 strides: 4.5 bins, shared by two
    const between = compute(dfl({ scale: 7.2 }), { corners: peak(5), reference });
    expect(between).toBeCloseTo(15, 3);
    expect(compute(dfl(), { logits: zeros(2) })).toBeNull();
    expect(() => compute(dfl(), { corners: zeros(68) })).toThrow('losses: dfl without reference');
  });
});

describe('decoding with gradients', () => {
  it('gives boxes from offsets, sizes within the factor', () => {
    const anchors = tf.tensor2d([[5, 10, 10, 20]]);
    const deltas = tf.tensor2d([[2, 0, 0, Math.log(2) / 0.2]]);
    expect(decodeDeltas(deltas, anchors, { stds: [0.1, 0.1, 0.2, 0.2] }).dataSync()).toBeAllclose([7, 10, 10, 40]);
    const wild = decodeDeltas(tf.tensor2d([[0, 0, 50, -50]]), anchors).dataSync();
    expect(wild).toBeAllclose([5, 10, 625, 0.32], { rtol: 1e-5 });
  });

  it('gives boxes from distances', () => {
    const boxes = decodeSides(tf.tensor2d([[2, 3, 7, 8]]), tf.tensor2d([[3, 4]]));
    expect(boxes.dataSync()).toBeAllclose([5.5, 6.5, 9, 11]);
  });

  it('reads distances off distributions', () => {
    const logits = tf.tensor2d([[0, 0, 0, 50, 0, 0, 0, 50, 0, 0, 0, 50]]);
    expect(expectedSides(logits, 2).dataSync()).toBeAllclose([1, 0, 1, 2]);
  });
});
