import { fromPairs, type Targets } from '@detrain/core';
import type { Loss, Predictions } from '@detrain/core/tensors';
import { useEager } from '@detrain/tooling/eager';
import type {} from '@detrain/tooling/setup';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  binDistances,
  ddf,
  densify,
  edgeDistances,
  fgl,
  giou,
  l1,
  mal,
  toTensors,
  twoBinTargets,
  vfl,
} from '../src/index.ts';
import { layerContext } from './reference.ts';

beforeAll(useEager);

const pairs = (...list: (readonly [number, number])[]) => ({
  candidates: Int32Array.from(list, ([candidate]) => candidate),
  targets: Int32Array.from(list, ([, target]) => target),
});

/** Numbers that the official code gave for small cases (measured with PyTorch 1.13). */
describe('a matched image of four queries', () => {
  const predictions = (): Predictions => ({
    logits: tf.tensor3d([
      [
        [0.2, -1, 0.5],
        [-2, 1.5, -0.3],
        [0, 0, 0],
        [-4, -3, 2],
      ],
    ]),
    boxes: tf.tensor3d([
      [
        [0.5, 0.5, 0.2, 0.2],
        [0.3, 0.4, 0.1, 0.3],
        [0.7, 0.2, 0.3, 0.2],
        [0.1, 0.9, 0.1, 0.1],
      ],
    ]),
  });
  const targets: Targets = {
    boxes: Float32Array.of(0.32, 0.42, 0.12, 0.28, 0.52, 0.48, 0.25, 0.2),
    labels: Int32Array.of(1, 0),
  };
  const host = densify([fromPairs(4, pairs([0, 1], [1, 0]))], [targets], {
    numCandidates: 4,
    numClasses: 3,
    normalizer: 'targets',
  });

  it.each<[string, Loss, number]>([
    ['MAL', mal(), 2.418242],
    ['MAL, gamma 2', mal({ gamma: 2 }), 2.254751],
    ['MAL, alpha 0.75', mal({ alpha: 0.75 }), 2.021354],
    ['VFL', vfl(), 1.462991],
    ['VFL, gamma 1.5', vfl({ gamma: 1.5 }), 1.651536],
    ['L1', l1(), 0.085],
    ['GIoU', giou(), 0.379004],
  ])('%s', (_, loss, expected) => {
    tf.tidy(() => {
      const dense = toTensors(host);
      expect(loss.compute(predictions(), dense, layerContext(dense))?.dataSync()[0]).toBeCloseTo(expected, 5);
    });
  });
});

describe('edge distributions of two queries', () => {
  const wave = (frequency: number) =>
    tf.tensor3d(
      Float32Array.from({ length: 40 }, (_, i) => Math.sin(frequency * i)),
      [1, 2, 20],
    );
  const boxes = () =>
    tf.tensor3d([
      [
        [0.5, 0.5, 0.2, 0.2],
        [0.3, 0.4, 0.1, 0.3],
      ],
    ]);
  const logits = () =>
    tf.tensor3d([
      [
        [0.2, -1, 0.5],
        [-2, 1.5, -0.3],
      ],
    ]);
  const target: Targets = { boxes: Float32Array.of(0.52, 0.48, 0.25, 0.2), labels: Int32Array.of(1) };
  const host = densify([fromPairs(2, pairs([0, 0]))], [target], {
    numCandidates: 2,
    numClasses: 3,
    normalizer: 'targets',
  });

  it.each<[string, Loss, number]>([
    ['FGL', fgl(), 4.826224],
    ['DDF', ddf(), 0.243577],
  ])('%s', (_, loss, expected) => {
    tf.tidy(() => {
      const dense = toTensors(host);
      const reference = tf.tensor3d([
        [
          [0.48, 0.5, 0.2, 0.22],
          [0.3, 0.4, 0.1, 0.3],
        ],
      ]);
      const student = { logits: logits(), boxes: boxes(), corners: wave(0.7), reference };
      const teacher = { logits: logits(), boxes: boxes(), corners: wave(0.9) };
      const context = layerContext(dense, { regMax: 4, regScale: 4, teacher });
      expect(loss.compute(student, dense, context)?.dataSync()[0]).toBeCloseTo(expected, 5);
    });
  });

  it('only for layers, and DDF not for the last', () => {
    tf.tidy(() => {
      const dense = toTensors(host);
      const student = { logits: logits(), boxes: boxes(), corners: wave(0.7), reference: boxes() };
      expect(fgl().compute(student, dense, layerContext(dense, { role: 'pre' }))).toBeNull();
      expect(ddf().compute(student, dense, layerContext(dense, { last: true, teacher: student }))).toBeNull();
      expect(fgl().compute({ logits: logits(), boxes: boxes() }, dense, layerContext(dense))).toBeNull();
    });
  });
});

describe('bins', () => {
  it('lie where D-FINE puts them', () => {
    expect(binDistances(4, 4)).toBeAllclose([-4, -2, 0, 2, 4]);
    const wide = binDistances(32, 8);
    expect([0, 1, 15, 17, 18, 31, 32].map((n) => wide[n] as number)).toBeAllclose(
      [-8, -4.000002, -0.113264, 0.113264, 0.239356, 4.000002, 8],
      { atol: 3e-6 },
    );
    expect(() => binDistances(5, 4)).toThrow(/losses: regMax 5/);
  });

  it('share a distance between neighbours', () => {
    tf.tidy(() => {
      const rows = twoBinTargets(
        tf.tensor1d([-5, -3, -1, 0, 0.5, 2.5, 4, 5]),
        binDistances(32, 4),
      ).arraySync() as number[][];
      const found = rows.map((row) => [row.findIndex((x) => x > 0), row[row.findIndex((x) => x > 0) + 1] ?? 0]);
      expect(found.map(([bin]) => bin)).toEqual([0, 0, 6, 16, 21, 31, 32, 32]);
      expect(found.map(([, right]) => right as number)).toBeAllclose([0, 0.5, 0.54515, 0, 0.526941, 0.25, 0, 0], {
        atol: 2e-6,
      });
    });
  });

  it('measure how far edges are from the reference`s', () => {
    tf.tidy(() => {
      const reference = tf.tensor2d([[0.5, 0.5, 0.2, 0.2]]);
      const distances = edgeDistances(reference, tf.tensor2d([[0.375, 0.4125]]), tf.tensor2d([[0.605, 0.6]]), 4);
      expect(distances.dataSync()).toBeAllclose([0.5, -0.25, 0.1, 0], { atol: 1e-5 });
    });
  });
});
