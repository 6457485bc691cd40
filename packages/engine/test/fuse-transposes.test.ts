import { trace } from '@detrain/onnx';
import type {} from '@detrain/tooling/setup';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { fuseTransposes } from '../src/compiled/fuse-transposes.ts';
import { createEngine } from '../src/index.ts';
import { tf } from '../src/tf.ts';

const a = { shape: [2, 3, 5], dtype: 'float32' } as const;
const b = { shape: [2, 4, 5], dtype: 'float32' } as const;

/** Two products read the same transpose, which onnxruntime alone would leave behind. */
const products = ({ a, b }: Readonly<Record<string, Tensor>>) => ({
  first: tf.matMul(a!, b!, false, true),
  second: tf.matMul(tf.mul(a!, 2), b!, false, true),
  third: tf.matMul(a!, tf.slice(b!, [0, 0, 0], [2, 3, 5]), true, false),
});

test('products read their operands in place, and no transpose is left', () => {
  const graph = fuseTransposes(trace(products, { a, b }));
  const ops = graph.nodes.map(({ op }) => op);
  expect(ops.filter((op) => op === 'Transpose')).toEqual([]);
  expect(ops.filter((op) => op === 'FusedMatMul')).toHaveLength(3);
});

test('a transpose that is an output, or that something else reads, stays', () => {
  const graph = fuseTransposes(
    trace(
      ({ a, b }) => {
        const turned = tf.transpose(b!, [0, 2, 1]);
        return { product: tf.matMul(a!, turned), turned, other: tf.transpose(tf.add(a!, 1), [2, 0, 1]) };
      },
      { a, b },
    ),
  );
  expect(graph.nodes.filter(({ op }) => op === 'Transpose')).toHaveLength(2);
});

test('the compiled products equal the eager ones', async () => {
  const data = (shape: readonly number[], step: number) => ({
    shape,
    dtype: 'float32' as const,
    data: Float32Array.from({ length: shape.reduce((n, size) => n * size) }, (_, i) => Math.sin(i * step)),
  });
  const inputs = { a: data(a.shape, 0.7), b: data(b.shape, 0.3) };
  const results = [];
  for (const name of ['cpu', 'compiled'] as const) {
    const engine = await createEngine({ engine: name });
    const inference = engine.inference({ name: 'products', run: products });
    results.push(await inference.run(inputs));
    await inference.dispose();
    await engine.dispose();
  }
  const [eager, compiled] = results as [(typeof results)[0], (typeof results)[0]];
  for (const name of ['first', 'second', 'third']) expect(compiled[name]!.data).toBeAllclose(eager[name]!.data);
});
