import type { Loss, LossContext, Predictions } from '@detrain/core/tensors';
import { useEager } from '@detrain/tooling/eager';
import type {} from '@detrain/tooling/setup';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type DenseHost, ddf, densify, fgl, focal, giou, l1, mal, toTensors, vfl } from '../src/index.ts';
import { layerContext, matchesOf, readCase, reference } from './reference.ts';

beforeAll(useEager);

const size = { numCandidates: 20, numClasses: 7, normalizer: 'targets' as const };

const load = () => {
  const golden = readCase('functions/criterion');
  const { targets, assignments } = matchesOf(golden, golden.meta.indices, size.numCandidates);
  return { ...golden, targets, assignments, host: densify(assignments, targets, size) };
};

const tensor = (stored: { shape: number[]; data: ArrayLike<number> }) =>
  tf.tensor3d(Float32Array.from(stored.data), stored.shape as [number, number, number]);

/** Value of a loss and its gradient of one part of the predictions. */
const differentiate = (
  loss: Loss,
  golden: ReturnType<typeof load>,
  part: 'logits' | 'boxes' | 'corners',
  host: DenseHost = golden.host,
  more: (predictions: Predictions) => Partial<LossContext> = () => ({}),
) =>
  tf.tidy(() => {
    const stored = { logits: 'pred_logits', boxes: 'pred_boxes', corners: 'pred_corners' }[part];
    const targets = toTensors(host);
    const compute = (x: tf.Tensor) => {
      const predictions: Predictions = {
        logits: tensor(golden.get('pred_logits')),
        boxes: tensor(golden.get('pred_boxes')),
        corners: tensor(golden.get('pred_corners')),
        reference: tensor(golden.get('ref_points')),
        [part]: x,
      };
      return loss.compute(predictions, targets, layerContext(targets, more(predictions))) as tf.Scalar;
    };
    const { value, grad } = tf.valueAndGrad(compute)(tensor(golden.get(stored)));
    return { value: value.dataSync()[0] as number, gradient: grad.dataSync() };
  });

describe.skipIf(!reference)('the official criterion', () => {
  const golden = reference ? load() : (undefined as never);
  const values: Record<string, number> = golden?.meta.values ?? {};

  it.each<[string, Loss]>([
    ['vfl_a0.75_g2.loss_vfl', vfl()],
    ['mal_g1.5_alphaNone.loss_mal', mal()],
    ['mal_g1.5_alpha0.75.loss_mal', mal({ alpha: 0.75 })],
    ['mal_g2_alphaNone.loss_mal', mal({ gamma: 2 })],
    ['mal_g2_alpha0.75.loss_mal', mal({ gamma: 2, alpha: 0.75 })],
    ['focal_a0.25_g2.loss_focal', focal()],
    ['focal_a0.75_g1.5.loss_focal', focal({ alpha: 0.75, gamma: 1.5 })],
  ])('%s', (key, loss) => {
    const { value, gradient } = differentiate(loss, golden, 'logits');
    expect(value).toBeCloseTo(values[key] as number, 5);
    expect(gradient).toBeAllclose(golden.get(`${key}.grad_logits`).data, { atol: 1e-7, rtol: 2e-5 });
  });

  it.each<[string, Loss]>([
    ['mal_g1.5_values_given.loss_mal', mal({ quality: 'assigned' })],
    ['vfl_values_given.loss_vfl', vfl({ quality: 'assigned' })],
  ])('%s', (key, loss) => {
    const given = golden.get('values_arg').data;
    let k = 0;
    const assignments = golden.assignments.map((assignment, image) => {
      const quality = new Float32Array(size.numCandidates);
      for (const query of golden.meta.indices[image][0]) quality[query] = given[k++] as number;
      return { ...assignment, quality };
    });
    const { value, gradient } = differentiate(loss, golden, 'logits', densify(assignments, golden.targets, size));
    expect(value).toBeCloseTo(values[key] as number, 5);
    expect(gradient).toBeAllclose(golden.get(`${key}.grad_logits`).data, { atol: 1e-7, rtol: 2e-5 });
  });

  it.each<[string, Loss]>([
    ['boxes.loss_bbox', l1()],
    ['boxes.loss_giou', giou()],
  ])('%s', (key, loss) => {
    const { value, gradient } = differentiate(loss, golden, 'boxes');
    expect(value).toBeCloseTo(values[key] as number, 5);
    expect(gradient).toBeAllclose(golden.get(`${key}.grad_boxes`).data, { atol: 2e-6, rtol: 2e-5 });
  });

  it('boxes_weighted.loss_giou', () => {
    const given = golden.get('values_arg').data;
    let k = 0;
    const assignments = golden.assignments.map((assignment, image) => {
      const boxWeight = new Float32Array(size.numCandidates);
      for (const query of golden.meta.indices[image][0]) boxWeight[query] = given[k++] as number;
      return { ...assignment, boxWeight };
    });
    const { value, gradient } = differentiate(giou(), golden, 'boxes', densify(assignments, golden.targets, size));
    expect(value).toBeCloseTo(values['boxes_weighted.loss_giou'] as number, 5);
    expect(gradient).toBeAllclose(golden.get('boxes_weighted.loss_giou.grad_boxes').data, { atol: 2e-6, rtol: 2e-5 });
  });

  it('no objects: negatives only, and zero box losses', () => {
    const none = golden.targets.map(() => ({ boxes: new Float32Array(0), labels: new Int32Array(0) }));
    const nothing = none.map(() => ({ targetOf: new Int32Array(size.numCandidates).fill(-1) }));
    const host = densify(nothing, none, size);
    expect(host.normalizer).toBe(1);
    const negatives = differentiate(mal(), golden, 'logits', host);
    expect(negatives.value).toBeCloseTo(values['empty_mal.loss_mal'] as number, 3);
    expect(negatives.gradient).toBeAllclose(golden.get('empty_mal.loss_mal.grad_logits').data, {
      atol: 1e-6,
      rtol: 2e-5,
    });
    for (const loss of [l1(), giou()]) {
      const { value, gradient } = differentiate(loss, golden, 'boxes', host);
      expect(value).toBe(0);
      expect(gradient.every((g) => Math.abs(g) === 0)).toBe(true);
    }
  });

  const teacher = () => ({
    logits: tensor(golden.get('teacher_logits')),
    boxes: tensor(golden.get('pred_boxes')),
    corners: tensor(golden.get('teacher_corners')),
  });

  it('local.loss_fgl', () => {
    const { value, gradient } = differentiate(fgl(), golden, 'corners');
    expect(value).toBeCloseTo(values['local.loss_fgl'] as number, 4);
    expect(gradient).toBeAllclose(golden.get('local.loss_fgl.grad_corners').data, { atol: 1e-6, rtol: 1e-4 });
  });

  it('local.loss_ddf', () => {
    const { value, gradient } = differentiate(ddf(), golden, 'corners', golden.host, () => ({ teacher: teacher() }));
    expect(value).toBeCloseTo(values['local.loss_ddf'] as number, 5);
    expect(gradient).toBeAllclose(golden.get('local.loss_ddf.grad_corners').data, { atol: 1e-8, rtol: 1e-4 });
  });

  it('local_dn.loss_ddf: the balance comes from the main group', () => {
    // Numbers of queries that give the preset roots 3 and 11: n = root^2 * batch / (4 * 8).
    const main = () => ({
      ...toTensors(densify(golden.assignments, golden.targets, size)),
      positive: tf.tensor2d([0.5625, 0, 0, 0], [2, 2]),
      classWeight: tf.tensor2d([0, 7.5625, 0, 0], [2, 2]),
    });
    const { value, gradient } = differentiate(ddf(), golden, 'corners', golden.host, () => ({
      teacher: teacher(),
      main: main(),
    }));
    expect(value).toBeCloseTo(values['local_dn.loss_ddf'] as number, 5);
    expect(gradient).toBeAllclose(golden.get('local_dn.loss_ddf.grad_corners').data, { atol: 1e-8, rtol: 1e-4 });
  });
});
