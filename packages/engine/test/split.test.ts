import { trace } from '@detrain/onnx';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createNetwork } from '../src/compiled/min-cut.ts';
import { split } from '../src/compiled/split.ts';
import { tf } from '../src/tf.ts';

test('the cut is as cheap as the cheapest of all', () => {
  const nodes = 6;
  const edge = fc.tuple(fc.nat(nodes - 1), fc.nat(nodes - 1), fc.nat(20));
  fc.assert(
    fc.property(fc.array(edge, { maxLength: 20 }), (edges) => {
      const network = createNetwork();
      for (let node = 0; node < nodes; node++) network.node();
      for (const [from, to, capacity] of edges) network.edge(from, to, capacity);
      const cost = (near: readonly boolean[]) =>
        edges.reduce((sum, [from, to, capacity]) => sum + (near[from] && !near[to] ? capacity : 0), 0);
      const near = network.cut(0, 1);
      expect([near[0], near[1]]).toEqual([true, false]);
      let best = Number.POSITIVE_INFINITY;
      for (let mask = 0; mask < 1 << (nodes - 2); mask++)
        best = Math.min(
          best,
          cost([true, false, ...Array.from({ length: nodes - 2 }, (_, i) => Boolean(mask & (1 << i)))]),
        );
      expect(cost(near)).toBe(best);
    }),
  );
});

test('cheap values are made again, costly ones are handed over', () => {
  const spec = { shape: [64, 256], dtype: 'float32' } as const;
  const weight = { shape: [256, 256], dtype: 'float32' } as const;
  const graph = trace(
    ({ x, w, target }) => {
      const product = tf.matMul(x as never, w as never);
      const active = tf.relu(tf.add(tf.mul(product, 2), 1));
      return { 'readback:mean': tf.mean(active), rest: tf.add(tf.mul(active, target!), product) };
    },
    { x: spec, w: weight, target: spec },
  );
  const { first, second, carried } = split(graph, (name) => name.startsWith('readback:'));
  expect(carried).toHaveLength(1);
  const made = first.nodes.find(({ outputs }) => outputs.includes(carried[0]!.name));
  expect(made?.op).toMatch(/MatMul|Gemm/);
  expect(first.outputs.map(({ name }) => name)).toEqual(['readback:mean', carried[0]!.name]);
  expect(second.outputs.map(({ name }) => name)).toEqual(['rest']);
  expect(second.inputs.map(({ name }) => name).sort()).toEqual([carried[0]!.name, 'target'].sort());
  expect(second.nodes.some(({ op }) => /MatMul|Gemm/.test(op))).toBe(false);
});
