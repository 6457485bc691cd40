import * as tf from '@tensorflow/tfjs-core';
import { numbers } from '../harness.ts';
import { type Case, kernel } from './case.ts';

const matmul = (name: string, a: number[], b: number[], ta: boolean, tb: boolean, gradients = ['a', 'b']): Case => ({
  name: `matMul ${name}`,
  inputs: { a: numbers(a), b: numbers(b, 2) },
  program: ({ a: x, b: y }) => ({ y: tf.matMul(x!, y!, ta, tb) }),
  gradients,
});

type Pad = 'same' | 'valid' | number;
const conv = (
  side: number,
  stride: number,
  pad: Pad,
  size: readonly [number, number],
  channels = 3,
  out = 4,
): Case => ({
  name: `conv2d ${side}x${side} stride ${stride} pad ${pad} of ${size} x ${channels} to ${out}`,
  inputs: { x: numbers([2, ...size, channels]), w: numbers([out, channels, side, side], 2) },
  program: ({ x, w }) => ({
    y: tf.conv2d(x as tf.Tensor4D, tf.transpose(w!, [2, 3, 1, 0]) as tf.Tensor4D, stride, pad),
  }),
  gradients: ['x', 'w'],
});

const depthwise = (
  kernel: number,
  stride: number,
  pad: Pad,
  size: readonly [number, number],
  channels = 3,
  multiplier = 1,
): Case => ({
  name: `depthwise ${kernel}x${kernel} stride ${stride} pad ${pad} of ${size} x ${channels} * ${multiplier}`,
  inputs: { x: numbers([2, ...size, channels]), w: numbers([channels, multiplier, kernel, kernel], 2) },
  program: ({ x, w }) => ({
    y: tf.depthwiseConv2d(x as tf.Tensor4D, tf.transpose(w!, [2, 3, 0, 1]) as tf.Tensor4D, stride, pad),
  }),
  gradients: ['x', 'w'],
});

const pool = (
  kind: 'maxPool' | 'avgPool',
  kernel: number,
  stride: number,
  pad: Pad,
  size: readonly [number, number],
): Case => ({
  name: `${kind} ${kernel}x${kernel} stride ${stride} pad ${pad} of ${size}`,
  inputs: { x: numbers([2, ...size, 3]) },
  program: ({ x }) => {
    const run = kind === 'maxPool' ? tf.maxPool : tf.avgPool;
    return { y: run(x as tf.Tensor4D, kernel, stride, pad) };
  },
  gradients: ['x'],
  // tfjs's cpu backend divides the gradient at the border by the whole window.
  reference: !(kind === 'avgPool' && pad !== 'valid' && pad !== 0),
});

const resize = (
  kind: 'resizeNearestNeighbor' | 'resizeBilinear',
  size: [number, number],
  align: boolean,
  half: boolean,
): Case => ({
  name: `${kind} to ${size}${align ? ' aligned' : ''}${half ? ' half-pixel' : ''}`,
  inputs: { x: numbers(kind === 'resizeBilinear' ? [2, 5, 5, 3] : [2, 4, 6, 3]) },
  program: ({ x }) => ({ y: tf.image[kind](x as tf.Tensor4D, size, align, half) }),
  gradients: ['x'],
  // The cpu backend's gradients are wrong for images that are not square, and ignore half-pixel centres.
  reference: false,
});

export const product: readonly Case[] = [
  ...[false, true].flatMap((ta) =>
    [false, true].map((tb) => matmul(`${ta} ${tb}`, ta ? [4, 3] : [3, 4], tb ? [5, 4] : [4, 5], ta, tb)),
  ),
  ...[false, true].flatMap((ta) =>
    [false, true].map((tb) =>
      matmul(`batched ${ta} ${tb}`, ta ? [2, 4, 3] : [2, 3, 4], tb ? [2, 5, 4] : [2, 4, 5], ta, tb),
    ),
  ),
  matmul('of a wide transpose by a thin matrix', [2, 3, 20], [2, 3, 4], true, false),
  matmul('rank 4', [2, 3, 4, 5], [2, 3, 5, 2], false, false),
  matmul('batch broadcast', [2, 3, 4, 5], [1, 3, 5, 2], false, false, []),
  matmul('batch of one', [1, 3, 4], [1, 4, 5], false, false),
  {
    name: 'attention heads',
    inputs: { q: numbers([2, 5, 8]), k: numbers([2, 7, 8], 2), v: numbers([2, 7, 8], 3) },
    program: ({ q, k, v }) => {
      const heads = (x: tf.Tensor) => tf.transpose(tf.reshape(x, [2, -1, 2, 4]), [0, 2, 1, 3]);
      const a = tf.softmax(tf.mul(tf.matMul(heads(q!), heads(k!), false, true), 0.5));
      return { y: tf.reshape(tf.transpose(tf.matMul(a, heads(v!)), [0, 2, 1, 3]), [2, 5, 8]) };
    },
    gradients: ['q', 'k', 'v'],
  },
  conv(1, 1, 'valid', [4, 5]),
  conv(1, 2, 'valid', [5, 6]),
  conv(3, 1, 'same', [5, 4]),
  conv(3, 1, 'valid', [5, 6]),
  conv(3, 1, 2, [4, 4]),
  conv(3, 2, 'same', [7, 6]),
  conv(3, 2, 1, [8, 6]),
  conv(3, 2, 'valid', [8, 7]),
  conv(2, 1, 'same', [5, 4]),
  conv(2, 2, 'valid', [5, 4]),
  conv(5, 3, 'same', [9, 8]),
  conv(1, 1, 1, [3, 3]),
  conv(3, 1, 1, [5, 4], 10),
  conv(3, 1, 1, [32, 32], 10, 2),
  conv(3, 1, 3, [4, 5]),
  conv(3, 1, 1, [7, 5], 1, 1),
  conv(3, 1, 1, [1, 1], 2, 3),
  conv(5, 1, 'same', [7, 9], 3, 2),
  conv(4, 1, 'same', [6, 5]),
  conv(3, 2, 1, [7, 9], 10, 4),
  conv(3, 2, 1, [9, 7], 10, 12),
  conv(3, 2, 1, [8, 10], 12, 2),
  conv(3, 2, 1, [7, 5], 1, 1),
  conv(3, 2, 'same', [1, 2]),
  conv(2, 3, 'valid', [8, 7]),
  conv(5, 2, 2, [11, 8], 9, 3),
  conv(5, 2, 0, [9, 12], 2, 3),
  conv(3, 2, 3, [5, 6]),
  {
    name: 'conv2d dilated',
    inputs: { x: numbers([1, 7, 7, 2]), w: numbers([3, 3, 2, 3]) },
    program: ({ x, w }) => ({ y: tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same', 'NHWC', 2) }),
  },
  {
    name: 'conv2d explicit pads',
    inputs: { x: numbers([2, 5, 6, 2]), w: numbers([3, 3, 2, 3]) },
    program: ({ x, w }) => ({
      y: tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, [
        [0, 0],
        [0, 1],
        [1, 2],
        [0, 0],
      ]),
    }),
    gradients: ['x', 'w'],
  },
  {
    name: 'conv2d with more zeros at one side than the filter reaches',
    inputs: { x: numbers([2, 5, 6, 10]), w: numbers([2, 2, 10, 3]) },
    program: ({ x, w }) => ({
      y: tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, [
        [0, 0],
        [0, 1],
        [3, 0],
        [0, 0],
      ]),
    }),
    gradients: ['x', 'w'],
  },
  {
    name: 'filter gradient of a dilated convolution',
    inputs: { x: numbers([2, 7, 8, 2]), dy: numbers([2, 7, 8, 3], 2) },
    program: ({ x, dy }) => {
      const dilations: [number, number] = [2, 2];
      const attributes = { strides: 1, pad: 'same', dataFormat: 'NHWC', dilations, filterShape: [3, 3, 2, 3] };
      // The cpu backend has no dilated gradient: it comes from the definition, tap by tap.
      const byTap = () => {
        const padded = tf.pad(x!, [
          [0, 0],
          [2, 2],
          [2, 2],
          [0, 0],
        ]);
        const tap = (i: number) => tf.slice(padded, [0, 2 * Math.floor(i / 3), 2 * (i % 3), 0], [2, 7, 8, 2]);
        const flat = (t: tf.Tensor) => tf.reshape(t, [2 * 7 * 8, -1]);
        const parts = Array.from({ length: 9 }, (_, i) => tf.matMul(flat(tap(i)), flat(dy!), true));
        return tf.reshape(tf.stack(parts), [3, 3, 2, 3]);
      };
      return { d: kernel('Conv2DBackpropFilter', { x: x!, dy: dy! }, attributes, byTap) };
    },
  },
  {
    name: 'conv2dTranspose',
    inputs: { x: numbers([2, 4, 3, 2]), w: numbers([3, 3, 5, 2]) },
    program: ({ x, w }) => ({ y: tf.conv2dTranspose(x as tf.Tensor4D, w as tf.Tensor4D, [2, 8, 6, 5], 2, 'same') }),
    gradients: ['x', 'w'],
  },
  depthwise(3, 1, 'same', [5, 4]),
  depthwise(5, 1, 2, [6, 7]),
  depthwise(3, 2, 'same', [7, 6]),
  depthwise(3, 2, 1, [8, 6]),
  depthwise(3, 2, 'valid', [8, 7]),
  depthwise(3, 1, 1, [5, 5], 2, 2),
  depthwise(3, 2, 1, [6, 5], 2, 3),
  depthwise(1, 1, 0, [3, 4]),
  pool('maxPool', 2, 2, 'valid', [6, 4]),
  pool('maxPool', 2, 1, 'same', [5, 4]),
  pool('maxPool', 3, 2, 'same', [7, 6]),
  pool('maxPool', 3, 2, 1, [6, 8]),
  pool('maxPool', 2, 2, 'valid', [5, 5]),
  pool('maxPool', 3, 1, 1, [4, 5]),
  pool('maxPool', 2, 1, 'valid', [5, 4]),
  pool('avgPool', 2, 2, 'valid', [6, 4]),
  pool('avgPool', 3, 1, 'same', [5, 4]),
  pool('avgPool', 3, 2, 1, [6, 8]),
  {
    name: 'maxPool with ties',
    inputs: {
      x: {
        shape: [1, 4, 4, 1],
        dtype: 'float32',
        data: Float32Array.of(0, 0, 1, 1, 0, 0, 1, 0, 2, 1, 0, 0, 2, 2, 0, 3),
      },
    },
    program: ({ x }) => ({
      y: tf.maxPool(x as tf.Tensor4D, 2, 1, 'same'),
      z: tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'),
    }),
    gradients: ['x'],
    finite: false,
  },
  resize('resizeNearestNeighbor', [8, 12], false, false),
  resize('resizeNearestNeighbor', [7, 5], false, false),
  resize('resizeNearestNeighbor', [8, 12], false, true),
  resize('resizeNearestNeighbor', [7, 11], true, false),
  resize('resizeBilinear', [8, 12], false, false),
  resize('resizeBilinear', [3, 5], false, false),
  resize('resizeBilinear', [8, 12], false, true),
  resize('resizeBilinear', [7, 11], true, false),
  {
    name: 'batchNorm of a convolution',
    inputs: {
      x: numbers([2, 5, 4, 3]),
      m: numbers([3], 2),
      v: numbers([3], 3, 0.5, 2),
      s: numbers([3], 4),
      o: numbers([3], 5),
    },
    program: ({ x, m, v, s, o }) => ({
      y: tf.batchNorm(x!, m as tf.Tensor1D, v as tf.Tensor1D, o as tf.Tensor1D, s as tf.Tensor1D, 1e-3),
    }),
    gradients: ['x', 'm', 'v', 's', 'o'],
  },
  {
    name: 'batchNorm without scale and offset',
    inputs: { x: numbers([2, 5, 4, 3]), m: numbers([3], 2), v: numbers([3], 3, 0.5, 2) },
    program: ({ x, m, v }) => ({ y: tf.batchNorm(x!, m as tf.Tensor1D, v as tf.Tensor1D) }),
  },
];
