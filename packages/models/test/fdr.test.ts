import { makePass } from '@detrain/nn';
import { useEager } from '@detrain/tooling/eager';
import type {} from '@detrain/tooling/setup';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { goldenWeight } from '../../golden/src/generate.ts';
import { openReference } from '../../nn/test/reference.ts';
import {
  anchorsOf,
  edgeDistributions,
  expectedShifts,
  locationQuality,
  shiftEdges,
  weightingFunction,
} from '../src/index.ts';

beforeAll(useEager);

const settings = [
  { key: 'rm32_rs4_up0.5', regMax: 32, regScale: 4, up: 0.5 },
  { key: 'rm32_rs8_up0.5', regMax: 32, regScale: 8, up: 0.5 },
  { key: 'rm16_rs4_up0.25', regMax: 16, regScale: 4, up: 0.25 },
];

describe('distribution refinement against the official code', () => {
  for (const { key, ...options } of settings)
    it(key, (ctx) => {
      const reference = openReference(ctx, 'functions', 'fdr');
      const tensor = <T extends tf.Tensor>(name: string, shape: readonly number[] = reference.shape(name)) =>
        tf.tensor(reference.floats(name), [...shape]) as T;
      const weights = weightingFunction(options);
      expect(weights).toBeAllclose(reference.floats(`weighting_function.${key}`), { atol: 1e-5 });

      const shifts = (corners: tf.Tensor) =>
        expectedShifts(edgeDistributions(corners as tf.Tensor3D, options.regMax + 1), weights);
      const corners = tensor(`integral.${key}.in`);
      expect(shifts(corners).dataSync()).toBeAllclose(reference.floats(`integral.${key}.out`), { atol: 1e-5 });
      const slope = tf.grad((x) => tf.sum(tf.mul(shifts(x), tensor(`integral.${key}.G`))))(corners);
      expect(slope.dataSync()).toBeAllclose(reference.floats(`integral.${key}.grad`), { atol: 1e-5 });

      const rows = [1, 40, 4];
      const points = tensor<tf.Tensor3D>(`bbox2distance.${key}.points`, rows);
      const distance = tensor<tf.Tensor3D>(`distance2bbox.${key}.distance`, rows);
      const boxes = shiftEdges(points, distance, options.regScale);
      expect(boxes.dataSync()).toBeAllclose(reference.floats(`distance2bbox.${key}.out`), { atol: 1e-5 });
      const g = tensor(`distance2bbox.${key}.G`, rows);
      const byDistance = tf.grad((x) => tf.sum(tf.mul(shiftEdges(points, x as tf.Tensor3D, options.regScale), g)))(
        distance,
      );
      expect(byDistance.dataSync()).toBeAllclose(reference.floats(`distance2bbox.${key}.grad_distance`), {
        atol: 1e-5,
      });
    });

  it('location quality', (ctx) => {
    const reference = openReference(ctx, 'functions', 'fdr');
    const module = locationQuality('lqe', { activation: 'silu' });
    const tensors: Record<string, tf.Tensor> = Object.fromEntries(
      module.parameters.map(({ name, shape }) => [name, tf.tensor(goldenWeight(name, shape), [...shape])]),
    );
    const tensor = (name: string): tf.Tensor => tf.tensor(reference.floats(name), [...reference.shape(name)]);
    const f = (corners: tf.Tensor, weight: tf.Tensor): tf.Tensor => {
      const pass = makePass({ tensors: { ...tensors, 'lqe.reg_conf.layers.0.weight': weight } });
      return tf.add(tensor('lqe.scores'), module.forward(edgeDistributions(corners as tf.Tensor3D, 33), pass));
    };
    const weight = tensors['lqe.reg_conf.layers.0.weight'] as tf.Tensor;
    expect(f(tensor('lqe.corners'), weight).dataSync()).toBeAllclose(reference.floats('lqe.out'), { atol: 1e-5 });
    const objective = (c: tf.Tensor, w: tf.Tensor) => tf.sum(tf.mul(f(c, w), tensor('lqe.G')));
    const [byCorners, byWeight] = tf.grads(objective)([tensor('lqe.corners'), weight]);
    expect(byCorners!.dataSync()).toBeAllclose(reference.floats('lqe.grad_corners'), { atol: 1e-5, rtol: 1e-4 });
    expect(byWeight!.dataSync()).toBeAllclose(reference.floats('lqe.grad_w0'), { atol: 1e-5, rtol: 1e-4 });
  });

  it('anchors', (ctx) => {
    const reference = openReference(ctx, 'functions', 'fixed_buffers');
    const names = reference.names.filter((name) => name.startsWith('anchors.'));
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) {
      const [, height, width, strides] = /(\d+)x(\d+)_s([\d_]+)$/.exec(name)!;
      const levels = strides!
        .split('_')
        .map((s) => ({ height: Number(height) / Number(s), width: Number(width) / Number(s) }));
      const anchors = anchorsOf(levels);
      expect(anchors.logits, name).toBeAllclose(reference.floats(name), { atol: 1e-5 });
      expect(anchors.valid).toBeAllclose(reference.integers(name.replace('anchors', 'valid_mask')));
    }
  });
});

describe('distribution refinement', () => {
  it('has the published weights', () => {
    const four = weightingFunction({ regMax: 32, regScale: 4, up: 0.5 });
    expect([four[0], four[1], four[16], four[31], four[32]]).toBeAllclose([-4, -2, 0, 2, 4], { atol: 1e-5 });
    expect(four.slice(17, 21)).toBeAllclose([0.07599, 0.157754, 0.245731, 0.340393], { atol: 1e-5 });
    expect(weightingFunction({ regMax: 4, regScale: 4, up: 0.5 })).toBeAllclose([-4, -2, 0, 2, 4], { atol: 1e-6 });
  });

  it('moves edges as the worked example does', () => {
    const reference = tf.tensor3d([0.5, 0.5, 0.2, 0.2], [1, 1, 4]);
    const moved = shiftEdges(reference, tf.tensor3d([0.5, -0.25, 0.1, 0], [1, 1, 4]), 4);
    expect(moved.dataSync()).toBeAllclose([0.49, 0.50625, 0.23, 0.1875], { atol: 1e-6 });
  });

  it('is antisymmetric and grows away from the middle, for any constants', () => {
    const half = fc.integer({ min: 2, max: 24 });
    fc.assert(
      fc.property(
        half,
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        fc.integer({ min: 2, max: 16 }),
        (n, up, regScale) => {
          const weights = weightingFunction({ regMax: 2 * n, up, regScale });
          expect(weights.map((w) => -w).reverse()).toBeAllclose(weights);
          for (let i = 1; i < weights.length; i++) expect(weights[i]!).toBeGreaterThan(weights[i - 1]!);
        },
      ),
    );
  });
});
