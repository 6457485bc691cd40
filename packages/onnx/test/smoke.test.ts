import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { check, countOps, numbers, withGradients } from './harness.ts';

describe('first steps', () => {
  it('conv, batch norm, relu with gradients', async () => {
    const inputs = {
      x: numbers([2, 8, 10, 3]),
      w: numbers([6, 3, 3, 3], 2),
      g: numbers([6], 3, 0.5, 1.5),
      b: numbers([6], 4),
    };
    const graph = await check(
      withGradients(
        ({ x, w, g, b }) => {
          const y = tf.conv2d(x as tf.Tensor4D, tf.transpose(w!, [2, 3, 1, 0]) as tf.Tensor4D, 1, 1);
          const { mean, variance } = tf.moments(y, [0, 1, 2]);
          return {
            y: tf.relu(
              tf.batchNorm(y, mean as tf.Tensor1D, variance as tf.Tensor1D, b as tf.Tensor1D, g as tf.Tensor1D, 1e-5),
            ),
          };
        },
        ['x', 'w', 'g', 'b'],
      ),
      inputs,
    );
    console.log(graph.nodes.length, countOps(graph));
    expect(graph.nodes.length).toBeGreaterThan(0);
  });
  it('attention', async () => {
    const inputs = { x: numbers([2, 5, 8]), w: numbers([8, 8], 2), v: numbers([8, 8], 3) };
    const graph = await check(
      withGradients(
        ({ x, w, v }) => {
          const linear = (a: tf.Tensor, m: tf.Tensor) =>
            tf.reshape(tf.matMul(tf.reshape(a, [-1, 8]), m, false, true), [2, 5, 8]);
          const heads = (a: tf.Tensor) => tf.transpose(tf.reshape(a, [2, 5, 2, 4]), [0, 2, 1, 3]);
          const q = heads(linear(x!, w!));
          const k = heads(linear(x!, v!));
          const a = tf.softmax(tf.mul(tf.matMul(q, k, false, true), 0.5));
          const y = tf.reshape(tf.transpose(tf.matMul(a, heads(x!)), [0, 2, 1, 3]), [2, 5, 8]);
          const { mean, variance } = tf.moments(y, -1, true);
          return { y: tf.mul(tf.sub(y, mean), tf.rsqrt(tf.add(variance, 1e-5))) };
        },
        ['x', 'w', 'v'],
      ),
      inputs,
    );
    console.log(graph.nodes.length, countOps(graph));
  });
});
