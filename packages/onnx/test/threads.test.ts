import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { trace } from '../src/index.ts';
import { feedsOf, integers, numbers, open, specsOf } from './harness.ts';

const WIDTH = 16;
const ROWS = 16_000;
const COUNT = 115_200;

/** The sum that float64 gives. */
const expected = (indices: ArrayLike<number>, updates: ArrayLike<number>): Float32Array => {
  const sums = new Float64Array(ROWS * WIDTH);
  for (let i = 0; i < COUNT; i++) {
    for (let j = 0; j < WIDTH; j++) sums[indices[i]! * WIDTH + j]! += updates[i * WIDTH + j]!;
  }
  return Float32Array.from(sums);
};

describe('sums over repeated indices are the same at any number of threads', () => {
  const inputs = {
    updates: numbers([COUNT, WIDTH]),
    indices: integers([COUNT, 1], 0, ROWS, 5),
    x: numbers([ROWS, WIDTH], 3),
  };
  const graph = trace(({ updates, indices, x }) => {
    const rows = tf.reshape(indices!, [COUNT]);
    const gradient = tf.grad((table: tf.Tensor) => tf.sum(tf.mul(tf.gather(table, rows), updates!)))(x!);
    return { scatter: tf.scatterND(indices!, updates!, [ROWS, WIDTH]), gradient };
  }, specsOf(inputs));
  const want = expected(inputs.indices.data, inputs.updates.data);
  let first: Float32Array | undefined;

  it.each([1, 2, 4, 8])('%i threads', async (threads) => {
    const session = await open(graph, threads);
    const feeds = feedsOf(inputs);
    for (let run = 0; run < 6; run++) {
      const { scatter, gradient } = await session.run(feeds);
      expect(scatter!.data as Float32Array).toBeAllclose(want, { atol: 1e-4, rtol: 1e-4 });
      first ??= scatter!.data as Float32Array;
      expect(Buffer.compare(Buffer.from(first.buffer), Buffer.from((scatter!.data as Float32Array).buffer))).toBe(0);
      expect(Buffer.compare(Buffer.from(first.buffer), Buffer.from((gradient!.data as Float32Array).buffer))).toBe(0);
    }
    await session.release();
  });
});
