import * as tf from '@tensorflow/tfjs-core';
import { bools, integers, numbers } from '../harness.ts';
import { type Case, kernel } from './case.ts';

const x345 = { x: numbers([3, 4, 5]) };
const one = (name: string, f: (x: tf.Tensor) => tf.Tensor | tf.Tensor[], inputs: Case['inputs'] = x345): Case => ({
  name,
  inputs,
  program: ({ x }) => {
    const y = f(x!);
    return Array.isArray(y) ? Object.fromEntries(y.map((part, i) => [`y${i}`, part])) : { y };
  },
  gradients: ['x'],
});

export const shape: readonly Case[] = [
  one('reshape', (x) => tf.reshape(x, [2, -1, 3])),
  one('reshape of a transpose', (x) => tf.reshape(tf.transpose(x, [2, 0, 1]), [5, 12])),
  one('reshape of a transpose that must move', (x) => tf.reshape(tf.transpose(x, [1, 0, 2]), [4, 15])),
  one('reshape to a scalar', (x) => tf.reshape(tf.sum(x, [0, 1, 2], true), [])),
  one('reshape of repeated axes', (x) =>
    tf.reshape(tf.broadcastTo(tf.slice(x, [0, 0, 0], [3, 1, 5]), [3, 4, 5]), [12, 5]),
  ),
  one('reshape of all repeated', (x) => tf.reshape(tf.broadcastTo(tf.sum(x), [3, 4]), [2, 6])),
  one('expandDims', (x) => tf.squeeze(tf.expandDims(x, 1), [1])),
  one('transpose', (x) => tf.add(tf.transpose(x, [2, 0, 1]), 1)),
  one('transpose meets straight', (x) => tf.add(tf.transpose(x, [1, 0, 2]), tf.reshape(x, [4, 3, 5]))),
  one('broadcastTo', (x) => tf.mul(tf.broadcastTo(tf.expandDims(x, 0), [2, 3, 4, 5]), 2)),
  one('tile', (x) => tf.tile(x, [2, 1, 3])),
  one('tile of ones', (x) => tf.tile(tf.sum(x, 1, true), [1, 4, 1])),
  one('tile mixed', (x) => tf.tile(tf.sum(x, 1, true), [2, 4, 1])),
  one('slice', (x) => tf.slice(x, [1, 0, 2], [2, -1, 2])),
  one('slice of a transpose', (x) => tf.slice(tf.transpose(x, [2, 1, 0]), [1, 1, 0], [3, 2, 3])),
  one('slice of repeated', (x) => tf.slice(tf.tile(tf.sum(x, 1, true), [1, 4, 1]), [0, 1, 0], [2, 2, 5])),
  { ...one('stridedSlice', (x) => tf.stridedSlice(x, [0, 3, 4], [3, 0, 0], [2, -1, -2])), gradients: [] },
  {
    ...one('stridedSlice with masks', (x) => tf.stridedSlice(x, [1, 0, 1], [2, 0, 4], [1, 1, 1], 0, 2, 0, 0, 1)),
    gradients: [],
  },
  one('reverse', (x) => tf.reverse(x, [0, 2])),
  one('pad', (x) =>
    tf.pad(
      x,
      [
        [1, 0],
        [0, 0],
        [2, 1],
      ],
      0,
    ),
  ),
  one('pad with a number', (x) =>
    tf.pad(
      x,
      [
        [1, 0],
        [0, 2],
        [0, 0],
      ],
      0.5,
    ),
  ),
  one('pad of a transpose', (x) =>
    tf.pad(tf.transpose(x, [2, 0, 1]), [
      [1, 0],
      [0, 0],
      [0, 2],
    ]),
  ),
  {
    ...one('mirrorPad reflect', (x) =>
      tf.mirrorPad(
        x,
        [
          [1, 2],
          [0, 0],
          [2, 1],
        ],
        'reflect',
      ),
    ),
    gradients: [],
  },
  {
    ...one('mirrorPad symmetric', (x) =>
      tf.mirrorPad(
        x,
        [
          [1, 2],
          [0, 0],
          [2, 1],
        ],
        'symmetric',
      ),
    ),
    gradients: [],
  },
  one('concat', (x) => tf.concat([x, tf.slice(x, [0, 0, 0], [3, 2, 5]), x], 1)),
  one('concat of mixed orders', (x) => tf.concat([tf.transpose(x, [2, 1, 0]), tf.reshape(x, [5, 4, 3])], 2)),
  one('concat of repeated', (x) =>
    tf.concat([tf.tile(tf.sum(x, 1, true), [1, 4, 1]), tf.tile(tf.mean(x, 1, true), [1, 2, 1])], 1),
  ),
  one('stack', (x) => tf.stack([x, tf.neg(x)], 2)),
  one('unstack', (x) => tf.unstack(x, 1)),
  one('split', (x) => tf.split(x, [1, 3], 1)),
  one('split evenly, transposed', (x) => tf.split(tf.transpose(x, [1, 2, 0]), 3, 2)),
  one('split of repeated', (x) => tf.split(tf.tile(tf.sum(x, 1, true), [1, 4, 1]), 2, 1)),
  one('sum', (x) => tf.sum(x, [0, 2])),
  one('sum keepDims of a transpose', (x) => tf.sum(tf.transpose(x, [2, 0, 1]), 1, true)),
  one('sum of repeated', (x) => tf.sum(tf.tile(tf.sum(x, 1, true), [1, 4, 1]), [1, 2])),
  one('sum all', (x) => tf.sum(x)),
  one('mean', (x) => tf.mean(x, [1])),
  one('mean all', (x) => tf.mean(x)),
  one('max', (x) => tf.max(x, 1)),
  one('max over two axes', (x) => tf.max(x, [0, 2], true)),
  one('min', (x) => tf.min(x, -1)),
  one('prod', (x) => tf.prod(tf.slice(x, [0, 0, 0], [3, 4, 2]), 2), { x: numbers([3, 4, 5], 2, 0.5, 1.5) }),
  one('prod of repeated', (x) => tf.prod(tf.tile(tf.slice(x, [0, 0, 0], [3, 1, 2]), [1, 3, 1]), 1)),
  one('logSumExp', (x) => tf.logSumExp(x, 1)),
  one('moments', (x) => [tf.moments(x, [0, 1]).mean, tf.moments(x, [0, 1]).variance]),
  one('cumsum', (x) => tf.cumsum(x, 2)),
  {
    ...one('cumsum variants', (x) => [tf.cumsum(x, 2, true, true), tf.cumsum(tf.transpose(x, [2, 0, 1]), 0)]),
    gradients: [],
  },
  { ...one('cumprod', (x) => [tf.cumprod(x, 1), tf.cumprod(x, 2, true, true)]), gradients: [] },
  one('softmax', (x) => tf.softmax(x)),
  one('softmax of a transpose', (x) => tf.softmax(tf.transpose(x, [2, 1, 0]))),
  one('logSoftmax', (x) => tf.logSoftmax(x)),
  { ...one('argMax, argMin', (x) => [tf.argMax(x, 1), tf.argMin(tf.transpose(x, [2, 0, 1]), 0)]), gradients: [] },
  {
    ...one('topk', (x) => {
      const { values, indices } = tf.topk(x, 3);
      return [values, indices];
    }),
    gradients: [],
  },
  {
    name: 'kernels that no function calls',
    inputs: { x: numbers([3, 1, 5]), a: bools([2, 3]), b: bools([3], 4) },
    program: ({ x, a, b }) => ({
      logSoftmax: kernel('LogSoftmax', { logits: x! }, { axis: 0 }, () =>
        tf.transpose(tf.logSoftmax(tf.transpose(x!, [1, 2, 0])), [2, 0, 1]),
      ),
      broadcast: kernel('BroadcastTo', { x: x! }, { shape: [2, 3, 4, 5] }, () =>
        tf.broadcastTo(tf.expandDims(x!, 0), [2, 3, 4, 5]),
      ),
      xor: kernel('LogicalXor', { a: a!, b: b! }, {}, () => tf.logicalXor(a!, tf.broadcastTo(b!, [2, 3]))),
    }),
  },
  {
    name: 'all, any, reductions of truth values',
    inputs: { b: bools([3, 4]), t: bools([2, 2], 3) },
    program: ({ b, t }) => ({
      all: tf.all(b!, 1),
      any: tf.any(b!, 0),
      sum: tf.sum(b!, 0),
      u: tf.all(tf.logicalOr(t!, tf.logicalNot(t!))),
    }),
  },
  {
    name: 'gather',
    inputs: { x: numbers([6, 3, 2]), i: integers([2, 5], 0, 6) },
    program: ({ x, i }) => ({ y: tf.gather(x!, i!) }),
    gradients: ['x'],
  },
  {
    name: 'gather along another axis of a transpose',
    inputs: { x: numbers([3, 2, 6]), i: integers([7], 0, 6) },
    program: ({ x, i }) => ({ y: tf.gather(tf.transpose(x!, [0, 2, 1]), i!, 1) }),
    gradients: ['x'],
  },
  {
    name: 'gather with batch dimensions',
    inputs: { x: numbers([2, 6, 3]), i: integers([2, 4], 0, 6) },
    program: ({ x, i }) => ({ y: tf.gather(x!, i!, 1, 1) }),
  },
  {
    name: 'gatherND',
    inputs: { x: numbers([3, 4, 2]), i: integers([5, 2], 0, 3) },
    program: ({ x, i }) => ({ y: tf.gatherND(x!, i!) }),
  },
  {
    name: 'scatterND with repeats',
    inputs: { u: numbers([6, 3]), i: integers([6, 2], 0, 2), v: numbers([5]), j: integers([5, 1], 0, 3) },
    program: ({ u, i, v, j }) => ({ y: tf.scatterND(i!, u!, [2, 3, 3]), z: tf.scatterND(j!, v!, [4]) }),
  },
  {
    name: 'unsortedSegmentSum',
    inputs: { x: numbers([6, 3]), i: integers([6], -1, 6) },
    program: ({ x, i }) => ({ y: tf.unsortedSegmentSum(x!, i! as tf.Tensor1D, 5) }),
    gradients: ['x'],
  },
  {
    name: 'oneHot',
    inputs: { i: integers([2, 5], -1, 5) },
    program: ({ i }) => ({
      y: tf.oneHot(i!, 4),
      z: tf.oneHot(i!, 4, 0.9, 0.1, 'float32'),
      w: tf.mul(tf.cast(tf.oneHot(i!, 4), 'float32'), 2),
    }),
  },
];
