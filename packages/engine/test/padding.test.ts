import { eagerEngine, useEager } from '@detrain/tooling/eager';
import type {} from '@detrain/tooling/setup';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { tf } from '../src/tf.ts';

beforeAll(useEager);

type Pads = [[number, number], [number, number], [number, number], [number, number]];
type Operation = (x: Tensor4D, w: Tensor4D, pad: 'valid' | number | Pads) => Tensor;

const values = (shape: readonly number[], phase: number): Tensor4D => {
  const size = shape.reduce((a, b) => a * b);
  const flat = tf.tensor1d(Float32Array.from({ length: size }, (_, i) => Math.sin(3 * i + phase)));
  const map: Tensor = tf.reshape(flat, [...shape]);
  return map as Tensor4D;
};
const around = (top: number, bottom: number, left: number, right: number): Pads => [
  [0, 0],
  [top, bottom],
  [left, right],
  [0, 0],
];

/** tfjs wants a rule where strides leave a rest, and refuses one where there is no padding in numbers. */
const rounding = (pad: unknown) => (pad === 'valid' ? undefined : 'floor');

const operations: Record<string, [operation: Operation, filter: number[], outside?: number]> = {
  convolution: [(x, w, pad) => tf.conv2d(x, w, 1, pad), [3, 3, 4, 5]],
  'convolution of stride 2': [(x, w, pad) => tf.conv2d(x, w, 2, pad, 'NHWC', 1, rounding(pad)), [3, 3, 4, 5]],
  'depthwise convolution': [(x, w, pad) => tf.depthwiseConv2d(x, w, 1, pad), [3, 3, 4, 1]],
  'depthwise convolution of stride 2': [
    (x, w, pad) => tf.depthwiseConv2d(x, w, 2, pad, 'NHWC', 1, rounding(pad)),
    [3, 3, 4, 1],
  ],
  // what lies outside never is the largest
  'largest of windows': [(x, _, pad) => tf.maxPool(x, 3, 2, pad, rounding(pad)), [1], -1e9],
};
const paddings: Record<string, number | Pads> = {
  'one number': 1,
  'the same on all sides': around(1, 1, 1, 1),
  'four numbers': around(0, 1, 2, 1),
};

/** The value, and the gradients of a weighted sum by the map and the filter. */
const differentiate = (operation: (x: Tensor4D, w: Tensor4D) => Tensor, filter: number[]) =>
  tf.tidy(() => {
    const inputs = [values([2, 8, 9, 4], 0), values(filter, 1)] as [Tensor4D, Tensor4D];
    const { value, grads } = tf.valueAndGrads((x, w) => {
      const y = operation(x as Tensor4D, w as Tensor4D);
      return tf.add(tf.sum(tf.mul(y, values(y.shape, 2))), tf.sum(tf.mul(w!, 0)));
    })(inputs);
    return [operation(...inputs), value, ...grads].map((tensor) => Float32Array.from(tensor.dataSync()));
  });

for (const [name, [operation, filter, outside = 0]] of Object.entries(operations))
  for (const [said, pad] of Object.entries(paddings))
    test(`${name} on ${eagerEngine}, padding as ${said}: as on a map padded before`, () => {
      const pads = typeof pad === 'number' ? around(pad, pad, pad, pad) : pad;
      const held = tf.memory().numTensors;
      const padded = differentiate((x, w) => operation(x, w, pad), filter);
      const wanted = differentiate((x, w) => operation(tf.pad4d(x, pads, outside), w, 'valid'), filter);
      for (const [i, numbers] of padded.entries()) expect(numbers).toBeAllclose(wanted[i]!, { atol: 1e-4, rtol: 1e-4 });
      expect(tf.memory().numTensors).toBe(held);
    });
