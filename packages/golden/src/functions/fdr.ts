import { binDistances, cornersOf, edgeDistances, twoBinTargets } from '@detrain/losses';
import { locationQuality, shiftEdges, weightingFunction } from '@detrain/models';
import { makePass } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs';
import { type GoldenCase, tensorOf, valuesOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { compare, differentiate, eagerly, load } from '../eager.ts';
import { goldenWeights } from '../generate.ts';

const VALUE = 1e-5;
const GRADIENT = 1e-4;

interface Constants {
  readonly regMax: number;
  readonly regScale: number;
  readonly up: number;
}

/** The distribution over bins that an official index and weights mean. */
const distribution = (golden: GoldenCase, name: string, index: string, bins: number): Float64Array => {
  const [indices, left, right] = [index, 'weight_left', 'weight_right'].map((part) =>
    valuesOf(tensorOf(golden, `${name}.${part}`)),
  ) as [Float64Array, Float64Array, Float64Array];
  const out = new Float64Array(indices.length * bins);
  indices.forEach((value, i) => {
    const bin = Math.trunc(value);
    out[i * bins + bin] = (out[i * bins + bin] ?? 0) + (left[i] ?? 0);
    out[i * bins + bin + 1] = (out[i * bins + bin + 1] ?? 0) + (right[i] ?? 0);
  });
  return out;
};

const replayConstants = (golden: GoldenCase, checks: Checks, tag: string, { regMax, regScale, up }: Constants) => {
  const bins = regMax + 1;
  const weights = weightingFunction({ regMax, regScale, up });
  const edges = binDistances(regMax, regScale, up);
  const has = (name: string) => golden.tensors()[name] !== undefined;
  for (const name of ['weighting_function', 'weighting_function_deploy'].map((part) => `${part}.${tag}`))
    if (has(name)) {
      checks.close(name, weights, valuesOf(tensorOf(golden, name)), VALUE);
      checks.close(`${name} (losses)`, edges, valuesOf(tensorOf(golden, name)), VALUE);
    }
  const translate = `translate_gt.${tag}`;
  if (has(`${translate}.gt`)) {
    const ours = twoBinTargets(load(golden, `${translate}.gt`), edges);
    checks.close(translate, ours.dataSync(), distribution(golden, translate, 'indices', bins), VALUE);
  }
  const distances = `bbox2distance.${tag}`;
  if (has(`${distances}.points`)) {
    const { low, high } = cornersOf(load(golden, `${distances}.boxes_cxcywh`));
    const ours = twoBinTargets(edgeDistances(load(golden, `${distances}.points`), low, high, regScale), edges);
    // a box's sides are divided by the reference's: rounding grows with the distance in bins
    checks.close(distances, ours.dataSync(), distribution(golden, distances, 'target', bins), 1e-4);
  }
  const boxes = `distance2bbox.${tag}`;
  const points = `bbox2distance.${tag}.points`;
  if (has(`${boxes}.distance`) && has(points)) {
    const rows = [1, ...tensorOf(golden, points).shape];
    const shift = (reference: tf.Tensor, by: tf.Tensor) =>
      shiftEdges(reference as tf.Tensor3D, by as tf.Tensor3D, regScale);
    const { value, gradients } = differentiate(
      (p, d) => shift(p as tf.Tensor, d as tf.Tensor),
      [load(golden, points, rows), load(golden, `${boxes}.distance`, rows)],
      load(golden, `${boxes}.G`, rows),
    );
    compare(golden, checks, `${boxes}.out`, value, VALUE);
    compare(golden, checks, `${boxes}.grad_points`, gradients[0] as tf.Tensor, GRADIENT);
    compare(golden, checks, `${boxes}.grad_distance`, gradients[1] as tf.Tensor, GRADIENT);
  }
  const integral = `integral.${tag}`;
  if (has(`${integral}.in`)) {
    const [batch = 1, queries = 1] = tensorOf(golden, `${integral}.in`).shape;
    const mean = (x: tf.Tensor) =>
      tf.sum(tf.mul(tf.softmax(tf.reshape(x, [batch, queries, 4, bins])), tf.tensor1d(weights)), -1);
    const { value, gradients } = differentiate(
      (x) => mean(x as tf.Tensor),
      [load(golden, `${integral}.in`)],
      load(golden, `${integral}.G`),
    );
    compare(golden, checks, `${integral}.out`, value, VALUE);
    compare(golden, checks, `${integral}.grad`, gradients[0] as tf.Tensor, GRADIENT);
  }
};

const replayQuality = (golden: GoldenCase, checks: Checks) => {
  const quality = locationQuality('lqe', { activation: 'silu' });
  const weights = goldenWeights(quality.parameters);
  const [batch = 1, queries = 1, width = 4] = tensorOf(golden, 'lqe.corners').shape;
  const names = [...weights.keys()];
  const parameters = names.map((name) =>
    tf.tensor(weights.get(name)?.data as Float32Array, [...(weights.get(name)?.shape ?? [])]),
  );
  const run = (scores: tf.Tensor, corners: tf.Tensor, ...tensors: tf.Tensor[]) => {
    const pass = makePass({ tensors: Object.fromEntries(names.map((name, i) => [name, tensors[i] as tf.Tensor])) });
    const probabilities = tf.softmax(tf.reshape(corners, [batch, queries, 4, width / 4]));
    return tf.add(scores, quality.forward(probabilities, pass));
  };
  const { value, gradients } = differentiate(
    (scores, corners, ...rest) => run(scores as tf.Tensor, corners as tf.Tensor, ...rest),
    [load(golden, 'lqe.scores'), load(golden, 'lqe.corners'), ...parameters],
    load(golden, 'lqe.G'),
  );
  compare(golden, checks, 'lqe.out', value, VALUE);
  compare(golden, checks, 'lqe.grad_scores', gradients[0] as tf.Tensor, GRADIENT);
  compare(golden, checks, 'lqe.grad_corners', gradients[1] as tf.Tensor, GRADIENT);
  const first = names.findIndex((name) => name.endsWith('layers.0.weight'));
  compare(golden, checks, 'lqe.grad_w0', gradients[2 + first] as tf.Tensor, GRADIENT);
};

/** D-FINE's distributions of edges: bins, targets, boxes, integrals, quality; each with gradients. */
export const replayFdr = (golden: GoldenCase, checks: Checks): Promise<void> =>
  eagerly(() => {
    const tags = new Set(
      Object.keys(golden.tensors()).flatMap((name) => /rm\d+_rs[\d.]+_up[\d.]*\d/.exec(name)?.[0] ?? []),
    );
    for (const tag of tags) {
      const [, regMax, regScale, up] = /rm(\d+)_rs([\d.]+)_up([\d.]+)/.exec(tag) ?? [];
      replayConstants(golden, checks, tag, { regMax: Number(regMax), regScale: Number(regScale), up: Number(up) });
    }
    if (golden.tensors()['lqe.out']) replayQuality(golden, checks);
  });
