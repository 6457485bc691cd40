import * as tf from '@tensorflow/tfjs-core';
import { bools, integers, numbers } from '../harness.ts';
import type { Case } from './case.ts';

const unary = (name: string, f: (x: tf.Tensor) => tf.Tensor, low = -2, high = 2, gradient = true): Case => ({
  name,
  inputs: { x: numbers([2, 3, 5], 3, low, high) },
  program: ({ x }) => ({ y: f(x!) }),
  ...(gradient ? { gradients: ['x'] } : {}),
});

const SHAPES: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [2, 3, 4],
    [2, 3, 4],
  ],
  [[2, 3, 4], [4]],
  [
    [3, 1],
    [2, 1, 4],
  ],
  [[], [2, 3]],
  [[1], [1, 1]],
];

const binary = (
  name: string,
  f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  low = 0.5,
  high = 2,
  gradient = true,
): Case[] =>
  SHAPES.map(([a, b]) => ({
    name: `${name} [${a}] [${b}]`,
    inputs: { a: numbers(a, 5, low, high), b: numbers(b, 9, low, high) },
    program: ({ a: x, b: y }) => ({ y: f(x!, y!) }),
    ...(gradient ? { gradients: ['a', 'b'] } : {}),
  }));

const compare = (name: string, f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Case[] =>
  SHAPES.map(([a, b]) => ({
    name: `${name} [${a}] [${b}]`,
    inputs: { a: integers(a, 0, 3, 5), b: integers(b, 0, 3, 9), u: bools(a, 3), v: bools(b, 4) },
    program: ({ a: x, b: y, u, v }) => ({
      y: f(x!, y!),
      z: f(tf.cast(x!, 'float32'), tf.cast(y!, 'float32')),
      w: f(u!, v!),
    }),
  }));

const logic = (name: string, f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Case[] =>
  SHAPES.map(([a, b]) => ({
    name: `${name} [${a}] [${b}]`,
    inputs: { a: bools(a, 5), b: bools(b, 9) },
    program: ({ a: x, b: y }) => ({ y: f(x!, y!) }),
  }));

/** tfjs cannot take these kernels' gradients back through broadcasting. */
const alike = (one: Case): Case => (one.name.endsWith('[2,3,4] [2,3,4]') ? one : { ...one, gradients: [] });

export const elementwise: readonly Case[] = [
  ...binary('add', tf.add),
  ...binary('sub', tf.sub),
  ...binary('mul', tf.mul),
  ...binary('div', tf.div),
  ...binary('maximum', tf.maximum).map(alike),
  ...binary('minimum', tf.minimum).map(alike),
  ...binary('pow', tf.pow),
  ...binary('squaredDifference', tf.squaredDifference).map(alike),
  ...binary('mod', tf.mod, -3, 3, false),
  ...binary('floorDiv', tf.floorDiv, 0.5, 9, false),
  ...compare('equal', tf.equal),
  ...compare('notEqual', tf.notEqual),
  ...compare('greater', tf.greater),
  ...compare('greaterEqual', tf.greaterEqual),
  ...compare('less', tf.less),
  ...compare('lessEqual', tf.lessEqual),
  ...logic('logicalAnd', tf.logicalAnd),
  ...logic('logicalOr', tf.logicalOr),
  ...logic('logicalXor', tf.logicalXor),
  unary('abs', tf.abs),
  unary('neg', tf.neg),
  unary('exp', tf.exp),
  unary('expm1', tf.expm1),
  unary('log', tf.log, 0.2, 3),
  unary('log1p', tf.log1p, -0.5, 3),
  unary('sqrt', tf.sqrt, 0.2, 3),
  unary('rsqrt', tf.rsqrt, 0.2, 3),
  unary('square', tf.square),
  unary('reciprocal', tf.reciprocal, 0.3, 3),
  unary('relu', tf.relu),
  unary('relu6', tf.relu6, -3, 9),
  unary('elu', tf.elu),
  unary('selu', tf.selu),
  unary('leakyRelu', (x) => tf.leakyRelu(x, 0.1)),
  unary('prelu', (x) => tf.prelu(x, tf.fill(x.shape, 0.3))),
  unary('sigmoid', tf.sigmoid),
  unary('tanh', tf.tanh),
  unary('erf', tf.erf),
  unary('softplus', tf.softplus, -30, 30),
  { ...unary('softplus far out, relative', tf.softplus, -87, 87, false), atol: 1e-44, rtol: 1e-6 },
  {
    name: 'step and softplus of unusual numbers',
    inputs: {
      x: {
        shape: [10],
        dtype: 'float32',
        data: Float32Array.of(0, -0, 1.2e-38, -1.2e-38, 1e-30, 3e38, -3e38, 1e-8, Infinity, -Infinity),
      },
      unknown: { shape: [1], dtype: 'float32', data: Float32Array.of(Number.NaN) },
    },
    program: ({ x, unknown }) => ({
      step: tf.step(x!),
      softplus: tf.softplus(x!),
      unknownStep: tf.isNaN(tf.step(unknown!)),
      unknownSoftplus: tf.isNaN(tf.softplus(unknown!)),
    }),
  },
  unary('sin', tf.sin),
  unary('cos', tf.cos),
  unary('tan', tf.tan, -1, 1),
  unary('asin', tf.asin, -0.9, 0.9),
  unary('acos', tf.acos, -0.9, 0.9),
  unary('atan', tf.atan),
  unary('sinh', tf.sinh),
  unary('cosh', tf.cosh),
  unary('asinh', tf.asinh),
  unary('acosh', tf.acosh, 1.2, 3),
  unary('atanh', tf.atanh, -0.9, 0.9),
  unary('clipByValue', (x) => tf.clipByValue(x, -0.7, 0.9)),
  unary('floor', tf.floor, -3, 3, false),
  unary('ceil', tf.ceil, -3, 3, false),
  unary('round', tf.round, -3, 3, false),
  unary('sign', tf.sign, -3, 3, false),
  unary('step', (x) => tf.step(x, 0.25), -1, 1, false),
  unary('step to zero', (x) => tf.step(x), -1, 1, false),
  unary('step of integers', (x) => tf.step(tf.cast(tf.mul(x, 3), 'int32')), -1, 1, false),
  unary('isNaN', (x) => tf.isNaN(tf.sqrt(x)), -1, 1, false),
  unary('isInf', (x) => tf.isInf(tf.div(x, tf.mul(x, 0))), -1, 1, false),
  unary('isFinite', (x) => tf.isFinite(tf.log(tf.relu(x))), -1, 1, false),
  unary('powers', (x) => tf.addN([0, 1, 2, 3, 4, 0.5, 1.5, -0.5, -1, -2, 0.7].map((p) => tf.pow(x, p))), 0.5, 2),
  {
    name: 'round half to even',
    inputs: { x: { shape: [6], dtype: 'float32', data: Float32Array.of(0.5, 1.5, 2.5, -0.5, -1.5, -2.5) } },
    program: ({ x }) => ({ y: tf.round(x!) }),
  },
  {
    name: 'addN',
    inputs: { a: numbers([2, 3]), b: numbers([2, 3], 2), c: numbers([2, 3], 3) },
    program: ({ a, b, c }) => ({ y: tf.addN([a!, b!, c!, tf.zeros([2, 3])]) }),
    gradients: ['a', 'c'],
  },
  {
    name: 'integer arithmetic',
    inputs: { a: integers([2, 6], -9, 9, 3), b: integers([6], 1, 4, 5) },
    program: ({ a, b }) => ({
      add: tf.add(a!, b!),
      mul: tf.mul(a!, b!),
      div: tf.div(a!, b!),
      mod: tf.mod(a!, b!),
      max: tf.maximum(a!, b!),
      square: tf.square(a!),
      sum: tf.sum(a!, 1),
    }),
  },
  {
    name: 'where',
    inputs: { c: bools([2, 3, 4]), a: numbers([2, 3, 4]), b: numbers([2, 3, 4], 7) },
    program: ({ c, a, b }) => ({ y: tf.where(c!, a!, b!), ones: tf.where(c!, tf.onesLike(a!), tf.zerosLike(a!)) }),
    gradients: ['a', 'b'],
  },
  {
    name: 'where with broadcasting',
    inputs: { c: bools([3, 1]), a: numbers([2, 3, 4]), b: numbers([]) },
    program: ({ c, a, b }) => ({ y: tf.where(c!, a!, b!) }),
    gradients: ['a', 'b'],
  },
  {
    name: 'casts',
    inputs: { x: numbers([2, 5], 3, -3, 3), i: integers([2, 5], -1, 2), b: bools([2, 5]) },
    program: ({ x, i, b }) => ({
      a: tf.cast(x!, 'int32'),
      c: tf.cast(x!, 'bool'),
      d: tf.cast(i!, 'float32'),
      e: tf.cast(i!, 'bool'),
      f: tf.cast(b!, 'float32'),
      g: tf.cast(b!, 'int32'),
      h: tf.mul(tf.cast(b!, 'float32'), tf.cast(tf.greater(x!, 0), 'float32')),
      j: tf.cast(tf.cast(b!, 'float32'), 'bool'),
      k: tf.logicalNot(b!),
    }),
  },
  {
    name: 'known numbers',
    inputs: { x: numbers([2, 3], 1, 0.5, 2) },
    program: ({ x }) => ({
      a: tf.mul(x!, tf.onesLike(x!)),
      b: tf.add(x!, tf.zeros([4, 2, 3])),
      c: tf.mul(x!, 0),
      d: tf.sub(0, x!),
      e: tf.mul(tf.fill([2, 3], 3), tf.fill([1, 3], 4)),
      f: tf.add(x!, tf.linspace(0, 1, 3)),
      g: tf.add(x!, tf.cast(tf.range(0, 3, 1, 'int32'), 'float32')),
      h: tf.div(tf.ones([2, 3]), x!),
      i: tf.sum(tf.ones([4, 5])),
      j: tf.mul(x!, -1),
    }),
    gradients: ['x'],
  },
];
