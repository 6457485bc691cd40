import { useEager } from '@detrain/tooling/eager';
import type {} from '@detrain/tooling/setup';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  deformableAttention,
  discreteCells,
  makePass,
  projectedDeformableAttention,
  sampleBilinear,
  sampledLevels,
} from '../src/index.ts';
import { noise } from './helpers.ts';

beforeAll(useEager);

const size = { height: 2, width: 5 };
const points = (data: readonly number[]) => tf.tensor3d([...data], [1, 1, data.length]);

describe('discrete sampling', () => {
  it('takes one cell, whatever the location', () => {
    const tokens = tf.tensor3d(
      Float32Array.from({ length: 10 }, (_, i) => i + 1),
      [1, 10, 1],
    );
    fc.assert(
      fc.property(fc.double({ min: -1, max: 2, noNaN: true }), fc.double({ min: -1, max: 2, noNaN: true }), (u, v) => {
        const [x, y] = [u * 5 - 0.5, v * 2 - 0.5];
        const at = { x: discreteCells(points([x]), [4]), y: discreteCells(points([y]), [1]), weight: points([1]) };
        const sampled = sampleBilinear(sampledLevels([{ ...size, tokens }]), [1], at).dataSync()[0];
        const cell = (pixel: number, last: number) => Math.min(last, Math.max(0, Math.floor(Math.fround(pixel) + 1)));
        expect(sampled).toBe(5 * cell(y, 1) + cell(x, 4) + 1);
      }),
    );
  });

  it('holds columns by the width, or as the published code by the height', () => {
    const memory = sampledLevels([{ ...size, tokens: tf.tensor3d([...Array(10).keys()], [1, 10, 1]) }]);
    const look = (sampling: 'discrete' | 'discrete-official') => {
      const module = deformableAttention('m', { dim: 1, heads: 1, points: [1], sampling });
      const tensors = Object.fromEntries(module.parameters.map(({ name, shape }) => [name, tf.zeros([...shape])]));
      expect(module.parameters.find(({ name }) => name === 'm.sampling_offsets.weight')!.kind).toBe('frozen');
      const input = { query: tf.zeros([1, 1, 1]), reference: tf.tensor3d([0.7, 0.1, 0, 0], [1, 1, 4]), memory };
      return module.forward(input as Parameters<typeof module.forward>[0], makePass({ tensors })).dataSync()[0];
    };
    expect(look('discrete')).toBe(4);
    expect(look('discrete-official')).toBe(1);
  });
});

it('projects values before sampling and the result after it', () => {
  const options = { dim: 4, heads: 2, points: [2], storesScale: false };
  const projected = projectedDeformableAttention('m', options);
  expect(projected.parameters.map(({ name }) => name.slice(2))).toEqual(
    ['sampling_offsets', 'attention_weights', 'value_proj', 'output_proj'].flatMap((part) => [
      `${part}.weight`,
      `${part}.bias`,
    ]),
  );
  const tensors: Record<string, tf.Tensor> = Object.fromEntries(
    projected.parameters.map(({ name, shape }) => [name, noise(shape as number[], name)]),
  );
  const query = noise<tf.Tensor3D>([1, 3, 4], 'q');
  const reference = tf.sigmoid(noise<tf.Tensor3D>([1, 3, 4], 'r'));
  const tokens = noise<tf.Tensor3D>([1, 10, 4], 'tokens');
  const linear = (x: tf.Tensor, part: string) =>
    tf.add(tf.matMul(tf.reshape(x, [-1, 4]), tensors[`m.${part}.weight`]!, false, true), tensors[`m.${part}.bias`]!);
  const apart = tf.transpose(tf.reshape(linear(tokens, 'value_proj'), [10, 2, 2]), [1, 0, 2]) as tf.Tensor3D;
  const plain = deformableAttention('m', options).forward(
    { query, reference, memory: sampledLevels([{ ...size, tokens: apart }]) },
    makePass({ tensors }),
  );
  const out = projected.forward({ query, reference, memory: [{ ...size, tokens }] }, makePass({ tensors }));
  expect(out.dataSync()).toBeAllclose(linear(plain, 'output_proj').dataSync(), { atol: 1e-5 });
});
