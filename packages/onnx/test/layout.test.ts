import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check, countOps, numbers, type Program, withGradients } from './harness.ts';

type Image = tf.Tensor4D;

/** Convolution with PyTorch's filter, batch norm by batch statistics, relu. */
const block = (x: tf.Tensor, w: tf.Tensor, g: tf.Tensor, b: tf.Tensor, stride = 1): tf.Tensor => {
  const y = tf.conv2d(x as Image, tf.transpose(w, [2, 3, 1, 0]) as Image, stride, 1);
  const { mean, variance } = tf.moments(y, [0, 1, 2]);
  return tf.relu(
    tf.batchNorm(y, mean as tf.Tensor1D, variance as tf.Tensor1D, b as tf.Tensor1D, g as tf.Tensor1D, 1e-5),
  );
};

const parameters = (layers: number, channels: number) =>
  Object.fromEntries(
    Array.from({ length: layers }, (_, i) => [
      [`w${i}`, numbers([channels, channels, 3, 3], 10 + i)],
      [`g${i}`, numbers([channels], 20 + i, 0.5, 1.5)],
      [`b${i}`, numbers([channels], 30 + i)],
    ]).flat() as [string, ReturnType<typeof numbers>][],
  );

describe('memory order', () => {
  it('a forward chain of convolutions needs one transpose in and one out', async () => {
    const inputs = { x: numbers([2, 8, 6, 4]), ...parameters(3, 4) };
    const program: Program = (t) => ({
      y: [0, 1, 2].reduce((y, i) => block(y, t[`w${i}`]!, t[`g${i}`]!, t[`b${i}`]!), t['x']!),
    });
    const graph = await check(program, inputs);
    expect(countOps(graph)['Transpose']).toBe(2);
  });

  it('with gradients, a layer adds few transposes, all of filters or of what products read', async () => {
    const at = async (layers: number) => {
      const inputs = { x: numbers([2, 8, 6, 4]), ...parameters(layers, 4) };
      const names = Object.keys(inputs).filter((name) => name !== 'x');
      const program: Program = (t) => ({
        y: Array.from({ length: layers }, (_, i) => i).reduce(
          (y, i) => block(y, t[`w${i}`]!, t[`g${i}`]!, t[`b${i}`]!),
          t['x']!,
        ),
      });
      return countOps(await check(withGradients(program, names), inputs, { atol: 1e-3, rtol: 1e-3 }))['Transpose']!;
    };
    const [one, three] = [await at(1), await at(3)];
    // Per layer: the turned filter, the operand of the filter gradient's product (which onnxruntime folds away), and that
    // gradient, whose taps lie around the channels.
    expect((three - one) / 2).toBeLessThanOrEqual(3);
    expect(one).toBeLessThanOrEqual(5);
  });

  it('convolution filters and linear weights in PyTorch order are used as they are', async () => {
    const graph = await check(
      ({ x, w, m }) => {
        const y = tf.conv2d(x as Image, tf.transpose(w!, [2, 3, 1, 0]) as Image, 1, 'same');
        return { y: tf.matMul(tf.reshape(tf.mean(y, [1, 2]), [2, 5]), m!, false, true) };
      },
      { x: numbers([2, 4, 4, 3]), w: numbers([5, 3, 3, 3]), m: numbers([7, 5]) },
    );
    expect(countOps(graph)['Transpose']).toBe(1);
  });
});

/** One step of a random network on `[batch, height, width, channels]`. */
const STEPS: Readonly<Record<string, (x: tf.Tensor, t: Record<string, tf.Tensor>) => tf.Tensor>> = {
  conv: (x, t) => tf.conv2d(x as Image, tf.transpose(t['w']!, [2, 3, 1, 0]) as Image, 1, 'same'),
  pointwise: (x, t) => tf.conv2d(x as Image, tf.transpose(t['p']!, [2, 3, 1, 0]) as Image, 1, 'valid'),
  depthwise: (x, t) => tf.depthwiseConv2d(x as Image, tf.transpose(t['d']!, [2, 3, 0, 1]) as Image, 1, 'same'),
  linear: (x, t) => tf.reshape(tf.matMul(tf.reshape(x, [-1, 4]), t['m']!, false, true), x.shape),
  attention: (x) => {
    const tokens = tf.reshape(x, [2, -1, 2, 2]);
    const heads = tf.transpose(tokens, [0, 2, 1, 3]);
    const weights = tf.softmax(tf.matMul(heads, heads, false, true));
    return tf.reshape(tf.transpose(tf.matMul(weights, heads), [0, 2, 1, 3]), x.shape);
  },
  norm: (x) => {
    const { mean, variance } = tf.moments(x, -1, true);
    return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 0.1)));
  },
  batchNorm: (x, t) => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    return tf.batchNorm(
      x as Image,
      mean as tf.Tensor1D,
      variance as tf.Tensor1D,
      t['c'] as tf.Tensor1D,
      t['g'] as tf.Tensor1D,
      0.1,
    );
  },
  bias: (x, t) => tf.add(x, t['c']!),
  gate: (x) => tf.mul(x, tf.sigmoid(tf.mean(x, [1, 2], true))),
  silu: (x) => tf.mul(x, tf.sigmoid(x)),
  swapped: (x) => tf.tanh(tf.reshape(tf.transpose(x, [0, 2, 1, 3]), x.shape)),
  channels: (x) =>
    tf.concat([tf.slice(x, [0, 0, 0, 2], [-1, -1, -1, 2]), tf.slice(x, [0, 0, 0, 0], [-1, -1, -1, 2])], 3),
  halves: (x) => {
    const [a, b] = tf.split(x, 2, 3);
    return tf.concat([tf.add(a!, b!), tf.sub(a!, b!)], 3);
  },
  shift: (x) =>
    tf.slice(
      tf.pad(x, [
        [0, 0],
        [1, 0],
        [0, 1],
        [0, 0],
      ]),
      [0, 0, 1, 0],
      x.shape,
    ),
  pool: (x) => tf.maxPool(x as Image, 3, 1, 'same'),
  // Not resizeNearestNeighbor: its gradient is wrong on the cpu backend.
  upDown: (x) => {
    const tall = tf.reshape(tf.stack([x, tf.neg(x)], 2), [2, 8, 4, 4]);
    return tf.maxPool(tf.reshape(tf.stack([tall, tall], 3), [2, 8, 8, 4]) as Image, 2, 2, 'valid');
  },
  residual: (x, t) => tf.add(x, tf.relu(STEPS['conv']!(x, t))),
  positions: (x) => tf.add(x, tf.reshape(tf.linspace(0, 1, 64), [1, 4, 4, 4])),
};

describe('random networks', () => {
  it('equal the cpu backend, with gradients', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...Object.keys(STEPS)), { minLength: 2, maxLength: 6 }),
        async (names) => {
          const program: Program = (t) => ({ y: names.reduce((x, name) => STEPS[name]!(x, t), t['x']!) });
          const inputs = {
            x: numbers([2, 4, 4, 4]),
            w: numbers([4, 4, 3, 3], 2, -0.4, 0.4),
            p: numbers([4, 4, 1, 1], 3),
            d: numbers([4, 1, 3, 3], 4),
            m: numbers([4, 4], 5),
            c: numbers([4], 6),
            g: numbers([4], 7, 0.5, 1.5),
          };
          await check(withGradients(program, ['x']), inputs, { atol: 2e-3, rtol: 2e-3 });
          await check(program, inputs, { atol: 1e-4, rtol: 1e-3 });
        },
      ),
      { numRuns: 60, seed: 7 },
    );
  });
});
