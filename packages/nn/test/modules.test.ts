import { createRng } from '@detrain/core';
import { useEager } from '@detrain/tooling/eager';
import type {} from '@detrain/tooling/setup';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  batchNorm,
  conv2d,
  deformableAttention,
  hatMatrix,
  initialise,
  inverseSigmoid,
  isInput,
  kaimingNormal,
  linear,
  makePass,
  multiHeadAttention,
  positionEmbedding2d,
  priorBias,
  sampleBilinear,
  sampledLevels,
  takeTokens,
  topkIndices,
  topkValues,
  xavierUniform,
} from '../src/index.ts';
import { noise, passFor } from './helpers.ts';

beforeAll(useEager);

const permuteTokens = (x: tf.Tensor3D, order: readonly number[]) =>
  tf.gather(x, tf.tensor1d([...order], 'int32'), 1) as tf.Tensor3D;

describe('attention', () => {
  it('follows the order of queries and ignores the order of keys', () => {
    const module = multiHeadAttention('m', { dim: 8, heads: 4 });
    const pass = passFor(module.parameters);
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 2, max: 6 }), (seed, tokens) => {
        const order = [...createRng(seed).permutation(tokens)];
        const [query, key, value] = ['q', 'k', 'v'].map((name) =>
          noise<tf.Tensor3D>([2, tokens, 8], `${name}${seed}`),
        ) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
        const base = module.forward({ query, key, value }, pass);
        const shuffledKeys = module.forward(
          { query, key: permuteTokens(key, order), value: permuteTokens(value, order) },
          pass,
        );
        expect(shuffledKeys.dataSync()).toBeAllclose(base.dataSync(), { atol: 1e-5 });
        const shuffledQueries = module.forward({ query: permuteTokens(query, order), key, value }, pass);
        expect(shuffledQueries.dataSync()).toBeAllclose(permuteTokens(base, order).dataSync(), { atol: 1e-5 });
      }),
      { numRuns: 20 },
    );
  });

  it('sees nothing of what the mask blocks', () => {
    const module = multiHeadAttention('m', { dim: 8, heads: 2 });
    const pass = passFor(module.parameters);
    const mask = tf.tensor2d([0, 0, -1e9, 0, 0, -1e9, 0, 0, 0], [3, 3]);
    const x = noise<tf.Tensor3D>([1, 3, 8], 'x');
    const changed = tf.concat([tf.slice(x, [0, 0, 0], [1, 2, 8]), noise([1, 1, 8], 'other')], 1) as tf.Tensor3D;
    const a = module.forward({ query: x, value: x, mask }, pass);
    const b = module.forward({ query: changed, value: changed, mask }, pass);
    const first = (t: tf.Tensor) => tf.slice(t, [0, 0, 0], [1, 2, 8]).dataSync();
    expect(first(b)).toBeAllclose(first(a));
  });

  it('with a mask of the first queries alone keeps the others to themselves', () => {
    const module = multiHeadAttention('m', { dim: 8, heads: 2 });
    const pass = passFor(module.parameters);
    const x = noise<tf.Tensor3D>([2, 5, 8], 'x');
    const rows = [0, -1e9, 0, 0, -1e9, -1e9, 0, 0, 0, 0];
    const others = [-1e9, -1e9, 0, 0, 0];
    const whole = tf.tensor2d([...rows, ...others, ...others, ...others], [5, 5]);
    const expected = module.forward({ query: x, value: x, mask: whole }, pass);
    const found = module.forward({ query: x, value: x, mask: tf.tensor2d(rows, [2, 5]) }, pass);
    expect(found.dataSync()).toBeAllclose(expected.dataSync(), { atol: 1e-6 });
  });
});

/** Bilinear sample of a map by its four neighbours, zero outside. */
const sampleOnHost = (map: number[][], x: number, y: number) => {
  let sum = 0;
  for (const row of [Math.floor(y), Math.floor(y) + 1])
    for (const column of [Math.floor(x), Math.floor(x) + 1])
      sum += (map[row]?.[column] ?? 0) * (1 - Math.abs(x - column)) * (1 - Math.abs(y - row));
  return sum;
};

describe('bilinear sampling', () => {
  const points = (data: readonly (readonly number[])[]) => {
    const column = (i: number) =>
      tf.tensor3d(
        data.map((row) => row[i] as number),
        [1, 1, data.length],
      );
    return { x: column(0), y: column(1), weight: column(2) };
  };

  it('equals the four neighbours anywhere, borders and beyond, as does its matrix', () => {
    const coordinate = fc.double({ min: -4, max: 9, noNaN: true });
    const weight = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(coordinate, coordinate, weight), { minLength: 1, maxLength: 5 }), (data) => {
        const map = noise<tf.Tensor2D>([4, 5], 'map');
        const tokens = tf.reshape(map, [1, 20, 1]) as tf.Tensor3D;
        const size = { height: 4, width: 5 };
        const rows = map.arraySync();
        const expected = data.reduce((sum, [x, y, w]) => sum + w * sampleOnHost(rows, x, y), 0);
        const at = points(data);
        const out = sampleBilinear(sampledLevels([{ ...size, tokens }]), [data.length], at);
        expect(out.dataSync()[0]).toBeCloseTo(expected, 4);
        const product = tf.matMul(hatMatrix(at, size), tokens);
        expect(product.dataSync()[0]).toBeCloseTo(expected, 4);
      }),
    );
  });

  it('slopes to the right at whole coordinates, as torch does', () => {
    const tokens = tf.tensor3d([1, 4, 9], [1, 3, 1]);
    const { y, weight } = points([[0, 0, 1]]);
    const f = (x: tf.Tensor) =>
      sampleBilinear(sampledLevels([{ tokens, height: 1, width: 3 }]), [1], { x: x as tf.Tensor3D, y, weight });
    const slope = (at: number) =>
      tf
        .grad(f)(tf.tensor3d([at], [1, 1, 1]))
        .dataSync()[0];
    expect([slope(0), slope(0.5), slope(1), slope(2), slope(-1)]).toEqual([3, 3, 5, -9, 1]);
  });

  it('gives NaN for NaN', () => {
    const tokens = tf.tensor3d([1, 4, 9, 16], [1, 4, 1]);
    const out = sampleBilinear(sampledLevels([{ tokens, height: 2, width: 2 }]), [1], points([[Number.NaN, 0, 1]]));
    expect(out.dataSync()[0]).toBeNaN();
  });
});

describe('tokens', () => {
  it('takes what the indices name', () => {
    const x = noise<tf.Tensor3D>([2, 5, 3], 'x');
    const taken = takeTokens(x, tf.tensor2d([4, 0, 2, 1], [2, 2], 'int32')).arraySync();
    const rows = x.arraySync();
    expect(taken).toEqual([
      [rows[0]![4], rows[0]![0]],
      [rows[1]![2], rows[1]![1]],
    ]);
  });

  it('finds the largest', () => {
    expect(topkIndices(tf.tensor2d([1, 5, 3, 2], [1, 4]), 2).dataSync()).toEqual(Int32Array.of(1, 2));
    expect(topkValues(tf.tensor2d([1, 5, 3, 2], [1, 4]), 2).dataSync()).toEqual(Float32Array.of(5, 3));
  });
});

describe('batch norm', () => {
  it('normalises by the batch and records running statistics with the unbiased variance', () => {
    const module = batchNorm('m', { channels: 1 });
    const tensors = Object.fromEntries(
      [...initialise(module.parameters, createRng(0))].map(([name, { data, shape }]) => [
        name,
        tf.tensor(data, [...shape]),
      ]),
    );
    const pass = makePass({ training: true, tensors });
    const y = module.forward(tf.tensor4d([1, 2, 3, 6], [1, 2, 2, 1]), pass);
    expect(y.dataSync()).toBeAllclose([-2, -1, 0, 3].map((v) => v / Math.sqrt(3.5 + 1e-5)));
    expect(pass.updates.get('m.running_mean')!.dataSync()).toBeAllclose([0.3]);
    expect(pass.updates.get('m.running_var')!.dataSync()).toBeAllclose([0.9 + (0.1 * 14) / 3]);
  });

  it('records nothing when frozen', () => {
    const module = batchNorm('m', { channels: 2, frozen: true });
    const pass = passFor(module.parameters, { training: true });
    module.forward(noise([1, 2, 2, 2], 'x'), pass);
    expect(pass.updates.size).toBe(0);
    expect(module.parameters.map(({ kind }) => kind)).toEqual(['frozen', 'frozen', 'frozen', 'frozen']);
  });
});

describe('initialisers', () => {
  const spread = (data: Float32Array) => ({
    mean: data.reduce((a, b) => a + b, 0) / data.length,
    std: Math.sqrt(data.reduce((a, b) => a + b * b, 0) / data.length),
    max: data.reduce((a, b) => Math.max(a, Math.abs(b)), 0),
  });

  it('draw what torch draws', () => {
    const rng = createRng(3);
    expect(spread(xavierUniform([300, 100], rng)).max).toBeLessThanOrEqual(Math.sqrt(6 / 400));
    expect(spread(kaimingNormal([200, 16, 3, 3], rng)).std).toBeCloseTo(Math.sqrt(2 / 144), 2);
    expect(priorBias()([1], rng)[0]).toBeCloseTo(-4.59512, 4);
    const { weight } = { weight: linear('m', { in: 64, out: 100 }).parameters[0]! };
    const drawn = spread(weight.init(rng));
    expect(drawn.max).toBeLessThanOrEqual(1 / 8);
    expect(drawn.std).toBeCloseTo(1 / 8 / Math.sqrt(3), 2);
  });

  it('depend on a tensor only through its name', () => {
    const a = initialise(linear('a', { in: 3, out: 2 }).parameters, createRng(5));
    const both = initialise(
      [...linear('b', { in: 9, out: 9 }).parameters, ...linear('a', { in: 3, out: 2 }).parameters],
      createRng(5),
    );
    expect(both.get('a.weight')).toEqual(a.get('a.weight'));
  });

  it('leave shared, derived and counted tensors out', () => {
    const spec = linear('a', { in: 1, out: 1 }).parameters[0]!;
    const specs = [
      spec,
      { ...spec, name: 'b', sharedWith: 'a.weight' },
      { ...spec, name: 'c', kind: 'derived' as const },
    ];
    expect(specs.filter(isInput)).toHaveLength(1);
    expect([...initialise(specs, createRng(0)).keys()]).toEqual(['a.weight']);
    expect(() => initialise([spec, spec], createRng(0))).toThrow('two parameters named a.weight');
    const pass = makePass({ tensors: { 'a.weight': tf.scalar(7) }, specs });
    expect(pass.parameter('b').dataSync()[0]).toBe(7);
    expect(() => pass.parameter('z')).toThrow('no tensor for parameter z');
  });

  it('start deformable attention in all directions', () => {
    const [, , bias] = deformableAttention('m', { dim: 8, heads: 4, points: [2] }).parameters;
    const expected = [1, 0, 2, 0, 0, 1, 0, 2, -1, 0, -2, 0, 0, -1, 0, -2];
    expect(bias!.init(createRng(0))).toBeAllclose(expected, { atol: 1e-6 });
  });
});

describe('errors', () => {
  it('name what is wrong and what to do', () => {
    expect(() => conv2d('m', { in: 4, out: 4, kernel: 3, groups: 2 })).toThrow(/2 groups.*Use groups 1 or 4/);
    expect(() => positionEmbedding2d({ height: 2, width: 2, dim: 6 })).toThrow('multiple of 4');
    const module = deformableAttention('m', { dim: 8, heads: 4, points: [2, 2] });
    const input = {
      query: noise<tf.Tensor3D>([1, 1, 8], 'q'),
      reference: noise<tf.Tensor3D>([1, 1, 4], 'r'),
      memory: { levels: [], bordered: tf.zeros([1, 1]) as tf.Tensor2D },
    };
    expect(() => module.forward(input, passFor(module.parameters))).toThrow('given 0 levels');
  });
});

it('inverts the sigmoid within its bounds', () => {
  const x = tf.tensor1d([0, 0.5, 1, 0.25]);
  expect(inverseSigmoid(x).dataSync()).toBeAllclose([-11.512925, 0, 11.512925, Math.log(1 / 3)], { atol: 1e-5 });
});

it('gives positions by row and column, or in the published order', () => {
  const size = { height: 2, width: 3, dim: 4 };
  const at = (table: Float32Array, token: number) => [table[token * 4], table[token * 4 + 2]];
  const grid = positionEmbedding2d(size);
  expect(at(grid, 4)).toEqual([Math.fround(Math.sin(1)), Math.fround(Math.sin(1))]);
  expect(at(grid, 2)).toEqual([0, Math.fround(Math.sin(2))]);
  expect(at(positionEmbedding2d({ ...size, order: 'official' }), 2)).toEqual([Math.fround(Math.sin(1)), 0]);
});
