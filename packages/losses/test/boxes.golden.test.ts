import { useEager } from '@detrain/tooling/eager';
import type {} from '@detrain/tooling/setup';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { binDistances, cornersOf, edgeDistances, overlapOf, twoBinTargets } from '../src/index.ts';
import { readCase, reference, type Stored } from './reference.ts';

beforeAll(useEager);

const tensor = ({ data, shape }: Stored) => tf.tensor(Float32Array.from(data), shape);

describe.skipIf(!reference)('overlap against the official pairwise functions', () => {
  it.each(['iou', 'giou'] as const)('%s and its gradients', (measure) => {
    const { get } = readCase('functions/boxes');
    tf.tidy(() => {
      const weight = tensor(get('G'));
      const matrix = (a: tf.Tensor, b: tf.Tensor) => {
        const [n, m] = [a.shape[0] as number, b.shape[0] as number];
        const rows = tf.tile(tf.expandDims(a, 1), [1, m, 1]);
        const columns = tf.tile(tf.expandDims(b, 0), [n, 1, 1]);
        return tf.squeeze(overlapOf(cornersOf(rows), cornersOf(columns))[measure], [-1]);
      };
      const a = tensor(get('boxes1'));
      const b = tensor(get('boxes2'));
      expect(matrix(a, b).dataSync()).toBeAllclose(get(measure).data, { atol: 1e-6 });
      // Where two edges are equal, PyTorch gives half of the gradient to each side and tfjs all of it to one: such boxes are left out.
      const tied = (one: tf.Tensor, other: tf.Tensor) => {
        const edges = (boxes: tf.Tensor) => {
          const { low, high } = cornersOf(boxes);
          return tf.concat([low, high], -1).arraySync() as number[][];
        };
        const rest = edges(other);
        return edges(one).map((row) =>
          rest.some((column) =>
            row.some(
              (x, k) =>
                Math.abs(x - (column[k % 2] as number)) < 1e-6 || Math.abs(x - (column[2 + (k % 2)] as number)) < 1e-6,
            ),
          ),
        );
      };
      const without = (values: ArrayLike<number>, skip: boolean[]) =>
        Array.from(values).filter((_, k) => !skip[Math.floor(k / 4)]);
      const [da, db] = tf.grads((x, y) => tf.sum(tf.mul(matrix(x as tf.Tensor, y as tf.Tensor), weight)))([a, b]);
      const skipA = tied(a, b);
      expect(skipA.filter((t) => !t).length).toBeGreaterThan(3);
      expect(without((da as tf.Tensor).dataSync(), skipA)).toBeAllclose(
        without(get(`${measure}.grad_boxes1`).data, skipA),
        { atol: 1e-5, rtol: 1e-5 },
      );
      const skipB = tied(b, a);
      expect(skipB.filter((t) => !t).length).toBeGreaterThan(3);
      expect(without((db as tf.Tensor).dataSync(), skipB)).toBeAllclose(
        without(get(`${measure}.grad_boxes2`).data, skipB),
        { atol: 1e-5, rtol: 1e-5 },
      );
    });
  });
});

describe.skipIf(!reference)('edge distributions against the official functions', () => {
  it.each([
    { name: 'rm32_rs4_up0.5', regMax: 32, regScale: 4, up: 0.5 },
    { name: 'rm32_rs8_up0.5', regMax: 32, regScale: 8, up: 0.5 },
    { name: 'rm16_rs4_up0.25', regMax: 16, regScale: 4, up: 0.25 },
  ])('$name', ({ name, regMax, regScale, up }) => {
    const { get } = readCase('functions/fdr');
    const bins = binDistances(regMax, regScale, up);
    expect(bins).toBeAllclose(get(`weighting_function.${name}`).data, { atol: 1e-6 });

    const dense = (indices: ArrayLike<number>, left: ArrayLike<number>, right: ArrayLike<number>) => {
      const out = new Float32Array(indices.length * bins.length);
      for (let i = 0; i < indices.length; i++) {
        const bin = Math.trunc(indices[i] as number);
        out[i * bins.length + bin] = left[i] as number;
        out[i * bins.length + bin + 1] = right[i] as number;
      }
      return out;
    };
    const part = (prefix: string, key: string) => get(`${prefix}.${name}.${key}`);
    tf.tidy(() => {
      const distances = part('translate_gt', 'gt');
      const expected = dense(
        part('translate_gt', 'indices').data,
        part('translate_gt', 'weight_left').data,
        part('translate_gt', 'weight_right').data,
      );
      expect(twoBinTargets(tensor(distances), bins).dataSync()).toBeAllclose(expected, { atol: 1e-5 });

      const { low, high } = cornersOf(tensor(part('bbox2distance', 'boxes_cxcywh')));
      const targets = twoBinTargets(edgeDistances(tensor(part('bbox2distance', 'points')), low, high, regScale), bins);
      const official = dense(
        part('bbox2distance', 'target').data,
        part('bbox2distance', 'weight_left').data,
        part('bbox2distance', 'weight_right').data,
      );
      expect(targets.dataSync()).toBeAllclose(official, { atol: 3e-5 });
    });
  });
});
