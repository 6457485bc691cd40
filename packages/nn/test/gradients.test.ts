import { useEager } from '@detrain/tooling/eager';
import type {} from '@detrain/tooling/setup';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  batchNorm,
  conv2d,
  deformableAttention,
  embedding,
  gate,
  gelu,
  layerNorm,
  learnableAffine,
  linear,
  mlp,
  multiHeadAttention,
  resizeNearest2x,
  rmsNorm,
  sampleBilinear,
  sampledLevels,
  silu,
  splitHeads,
  stopGradient,
  swiglu,
  takeTokens,
  topkValues,
  withoutTape,
} from '../src/index.ts';
import { gradientError, moduleGradientError, noise } from './helpers.ts';

beforeAll(useEager);

const TOLERANCE = 1e-2;

describe('gradients of operations', () => {
  it.each([
    ['silu', silu],
    ['gelu', gelu],
  ] as const)('%s', (_, f) => {
    expect(gradientError((x) => f(x), [noise([4, 5], 'x', 3)])).toBeLessThan(TOLERANCE);
  });

  it('takes tokens', () => {
    const indices = tf.tensor2d([3, 0, 1, 4], [2, 2], 'int32');
    expect(gradientError((x) => takeTokens(x as tf.Tensor3D, indices), [noise([2, 5, 3], 'x')])).toBeLessThan(
      TOLERANCE,
    );
  });

  it('takes the largest values', () => {
    expect(gradientError((x) => topkValues(x, 3), [noise([2, 3, 7], 'x')], 1e-3)).toBeLessThan(TOLERANCE);
  });

  it('resizes', () => {
    expect(gradientError((x) => resizeNearest2x(x as tf.Tensor4D), [noise([2, 3, 2, 4], 'x')])).toBeLessThan(TOLERANCE);
  });

  it('samples a map', () => {
    const points = ['x', 'y', 'w'].map((name) => noise([2, 6, 5], name, name === 'w' ? 1 : 4));
    const inputs = [noise([2, 20, 3], 'fine'), noise([2, 6, 3], 'coarse'), ...points];
    const f = (...given: tf.Tensor[]) => {
      const [fine, coarse, x, y, weight] = given as tf.Tensor3D[] as [
        tf.Tensor3D,
        tf.Tensor3D,
        tf.Tensor3D,
        tf.Tensor3D,
        tf.Tensor3D,
      ];
      const levels = sampledLevels([
        { tokens: fine, height: 4, width: 5 },
        { tokens: coarse, height: 2, width: 3 },
      ]);
      return sampleBilinear(levels, [3, 2], { x, y, weight });
    };
    expect(gradientError(f, inputs, 1e-3)).toBeLessThan(TOLERANCE);
  });
});

describe('gradients of modules', () => {
  const plain: readonly (readonly [string, ReturnType<typeof linear>, readonly number[]])[] = [
    ['linear', linear('m', { in: 4, out: 3 }), [2, 3, 4]],
    ['mlp', mlp('m', { in: 4, hidden: 6, out: 3, layers: 3, activation: 'silu' }), [2, 3, 4]],
    ['layer norm', layerNorm('m', { dim: 6 }), [2, 3, 6]],
    ['RMS norm', rmsNorm('m', { dim: 6 }), [2, 3, 6]],
    ['learnable affine', learnableAffine('m'), [2, 3, 4]],
    ['SwiGLU', swiglu('m', { dim: 4, hidden: 6 }), [2, 3, 4]],
  ];
  it.each(plain)('%s', (_, module, shape) => {
    const error = moduleGradientError(module.parameters, ([x], pass) => module.forward(x!, pass), [
      noise(shape, 'x', 2),
    ]);
    expect(error).toBeLessThan(TOLERANCE);
  });

  it.each([
    ['dense', { in: 3, out: 4, kernel: 3, stride: 2, padding: 1 }],
    ['corner padding', { in: 3, out: 2, kernel: 2, padding: [0, 1, 0, 1], bias: false }],
    ['depthwise', { in: 3, out: 3, kernel: 3, stride: 2, padding: 1, groups: 3 }],
  ] as const)('convolution, %s', (_, options) => {
    const module = conv2d('m', options);
    const run = ([x]: readonly tf.Tensor[], pass: Parameters<typeof module.forward>[1]) =>
      module.forward(x as tf.Tensor4D, pass);
    expect(moduleGradientError(module.parameters, run, [noise([2, 6, 5, 3], 'x')])).toBeLessThan(TOLERANCE);
  });

  it.each([true, false])('batch norm, batch statistics %s', (batchStatistics) => {
    const module = batchNorm('m', { channels: 3 });
    const run = ([x]: readonly tf.Tensor[], pass: Parameters<typeof module.forward>[1]) =>
      module.forward(x as tf.Tensor4D, pass);
    const options = { training: true, batchStatistics };
    const error = moduleGradientError(module.parameters, run, [noise([2, 3, 4, 3], 'x', 2)], options);
    expect(error).toBeLessThan(TOLERANCE);
  });

  it.each([
    ['all', 3],
    ['the first', 2],
  ])('attention with a mask of %s queries', (_, masked) => {
    const module = multiHeadAttention('m', { dim: 8, heads: 2 });
    const mask = tf.tensor2d([0, 0, -1e9, 0, 0, 0, -1e9, 0, 0].slice(0, 3 * masked), [masked, 3]);
    const error = moduleGradientError(
      module.parameters,
      ([query, value], pass) =>
        module.forward({ query: query as tf.Tensor3D, value: value as tf.Tensor3D, mask }, pass),
      [noise([2, 3, 8], 'q', 2), noise([2, 3, 8], 'v', 2)],
    );
    expect(error).toBeLessThan(TOLERANCE);
  });

  it('gate', () => {
    const module = gate('m', { dim: 4, norm: 'rms' });
    const error = moduleGradientError(
      module.parameters,
      ([a, b], pass) => module.forward([a as tf.Tensor3D, b as tf.Tensor3D], pass),
      [noise([2, 3, 4], 'a', 2), noise([2, 3, 4], 'b', 2)],
    );
    expect(error).toBeLessThan(TOLERANCE);
  });

  it('deformable attention', () => {
    const module = deformableAttention('m', { dim: 8, heads: 2, points: [2, 3] });
    const sizes = [
      { height: 4, width: 5 },
      { height: 2, width: 3 },
    ];
    const reference = tf.tensor3d([0.4, 0.6, 0.3, 0.2, 0.7, 0.3, 0.2, 0.5], [1, 2, 4]);
    const error = moduleGradientError(
      module.parameters,
      ([query, fine, coarse], pass) =>
        module.forward(
          {
            query: query as tf.Tensor3D,
            reference,
            memory: sampledLevels(
              [fine, coarse].map((map, l) => ({ ...sizes[l]!, tokens: splitHeads(map as tf.Tensor3D, 2) })),
            ),
          },
          pass,
        ),
      [noise([1, 2, 8], 'q', 0.3), noise([1, 20, 8], 'f'), noise([1, 6, 8], 'c')],
    );
    expect(error).toBeLessThan(3e-2);
  });

  it('embedding; the padding row gets none', () => {
    const module = embedding('m', { count: 4, dim: 3, lastIsPadding: true });
    const indices = tf.tensor2d([0, 3, 1, 1, 0, 3], [2, 3], 'int32');
    const table = noise<tf.Tensor2D>([4, 3], 't');
    const f = (weight: tf.Tensor) =>
      module.forward(indices, {
        training: true,
        batchStatistics: true,
        isFrozen: () => false,
        parameter: () => weight,
        update: () => {},
      });
    const gradient = tf.grad((weight) => tf.sum(f(weight)))(table);
    expect(gradient.arraySync()).toEqual([
      [2, 2, 2],
      [2, 2, 2],
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });
});

describe('without tape', () => {
  it('makes constants', () => {
    const gradient = tf.grad((x) => tf.sum(tf.mul(x, stopGradient(x))))(tf.tensor1d([2, 3]));
    expect(gradient.dataSync()).toBeAllclose([2, 3]);
    const held = tf.grad((x) =>
      tf.sum(
        tf.mul(
          x,
          withoutTape(() => silu(tf.square(x))),
        ),
      ),
    )(tf.tensor1d([2]));
    expect(held.dataSync()).toBeAllclose([4 / (1 + Math.exp(-4))]);
  });

  it('leaves the tape on when the function throws', () => {
    expect(() =>
      withoutTape(() => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(
      tf
        .grad((x) => tf.square(x))(tf.scalar(3))
        .dataSync()[0],
    ).toBe(6);
  });
});
