import { trace } from '@detrain/onnx';
import type {} from '@detrain/tooling/setup';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { steady } from '../src/compiled/steady.ts';
import { createEngine } from '../src/index.ts';
import { tf } from '../src/tf.ts';

const eager = await createEngine({ engine: 'cpu' });

/** Shapes that were seen to give other results with more threads, and their mirror images. */
const cases: Record<string, [shapes: number[][], run: (...inputs: Tensor[]) => Tensor]> = {
  'wide product': [
    [
      [10, 200],
      [200, 90],
    ],
    (a, b) => tf.matMul(a!, b!),
  ],
  'wide product, right operand transposed': [
    [
      [64, 500],
      [256, 500],
    ],
    (a, b) => tf.matMul(a!, b!, false, true),
  ],
  'wide product, left operand transposed': [
    [
      [500, 16],
      [500, 400],
    ],
    (a, b) => tf.matMul(a!, b!, true),
  ],
  'wide product, both transposed': [
    [
      [500, 16],
      [80, 500],
    ],
    (a, b) => tf.matMul(a!, b!, true, true),
  ],
  'wide products': [
    [
      [2, 64, 500],
      [2, 500, 65],
    ],
    (a, b) => tf.matMul(a!, b!),
  ],
  'wide products, right operand transposed': [
    [
      [2, 32, 700],
      [2, 64, 700],
    ],
    (a, b) => tf.matMul(a!, b!, false, true),
  ],
  'tall product': [
    [
      [90, 300],
      [300, 10],
    ],
    (a, b) => tf.matMul(a!, b!),
  ],
  'product with a column': [
    [
      [512, 512],
      [512, 1],
    ],
    (a, b) => tf.matMul(a!, b!),
  ],
  'sum in the middle': [[[4, 128, 100]], (x) => tf.sum(x!, 1)],
  'mean in the middle, kept': [[[2, 3, 300, 7]], (x) => tf.mean(x!, 2, true)],
  'mean at both ends': [[[4, 30, 30, 3]], (x) => tf.mean(x!, [0, 1, 2])],
  'sum at both ends': [[[4, 7, 900]], (x) => tf.sum(x!, [0, 2], true)],
};

test.each(Object.entries(cases))('%s: equal at any number of threads', async (_, [shapes, run]) => {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const inputs = Object.fromEntries(
    shapes.map((shape, i) => {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next);
      return [`${i}`, { shape, dtype: 'float32' as const, data }];
    }),
  );
  const program = {
    name: 'one',
    run: (given: Record<string, Tensor>) => ({ y: run(...shapes.map((_, i) => given[i]!)) }),
  };
  const results = [];
  for (const threads of [1, 2, 3, 5, 8, 16]) {
    const engine = await createEngine({ engine: 'compiled', threads });
    results.push((await engine.inference(program).run(inputs))['y']!);
    await engine.dispose();
  }
  for (const result of results) expect(result).toEqual(results[0]);
  const wanted = (await eager.inference(program).run(inputs))['y']!;
  expect(results[0]!.shape).toEqual(wanted.shape);
  expect(results[0]!.data).toBeAllclose(wanted.data, { atol: 1e-5, rtol: 1e-5 });
});

test('leaves alone what is steady anyway', () => {
  const spec = (...shape: number[]) => ({ shape, dtype: 'float32' }) as const;
  const graph = trace(
    ({ a, b, c }) => ({
      short: tf.matMul(a as never, b as never),
      tall: tf.matMul(c as never, a as never),
      sum: tf.sum(c!, 0),
    }),
    { a: spec(100, 50), b: spec(50, 200), c: spec(300, 100) },
  );
  expect(steady(graph).nodes).toEqual(graph.nodes);
});
