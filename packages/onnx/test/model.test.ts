import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { bindInputs, decodeModel, encodeModel, type Graph, trace } from '../src/index.ts';
import { expectSame, numbers, runGraph, specsOf, withGradients } from './harness.ts';

describe('model files', () => {
  const inputs = { x: numbers([2, 6, 6, 3]), w: numbers([4, 3, 3, 3]) };
  const graph = trace(
    withGradients(
      ({ x, w }) => ({
        y: tf.leakyRelu(tf.conv2d(x as tf.Tensor4D, tf.transpose(w!, [2, 3, 1, 0]) as tf.Tensor4D, 2, 'same'), 0.2),
        top: tf.topk(tf.reshape(x!, [-1]), 3).indices,
      }),
      ['w'],
    ),
    specsOf(inputs),
  );

  it('read back as they were written', async () => {
    const again = decodeModel(encodeModel(graph));
    expect(again.inputs).toEqual(graph.inputs);
    expect(again.outputs).toEqual(graph.outputs);
    // Reals are stored in 32 bits.
    const rounded = JSON.stringify(graph.nodes, (key, value) => (key === 'float' ? Math.fround(value) : value));
    expect(JSON.stringify(again.nodes)).toBe(rounded);
    expect([...again.constants]).toEqual([...graph.constants]);
    expectSame(await runGraph(again, inputs), await runGraph(graph, inputs), { atol: 0, rtol: 0 });
  });

  it('keep every kind of attribute and other operator sets', () => {
    const data = Float32Array.of(1, 2);
    const small: Graph = {
      inputs: [],
      outputs: [],
      constants: new Map([['c', { shape: [2], dtype: 'int64', data: BigInt64Array.of(-1n, 2n ** 40n) }]]),
      values: new Map(),
      nodes: [
        {
          op: 'Any',
          name: '/model/any',
          domain: 'com.microsoft',
          inputs: ['a', '', 'b'],
          outputs: ['y'],
          attributes: {
            i: { int: -3 },
            is: { ints: [1, -2] },
            f: { float: 0.5 },
            fs: { floats: [0.25, 4] },
            s: { string: 'grüße' },
            t: { tensor: { shape: [2], dtype: 'float32', data } },
          },
        },
      ],
    };
    expect(decodeModel(encodeModel(small))).toEqual(small);
  });

  it('hold parameters that were bound', async () => {
    const bound = bindInputs(graph, { w: inputs.w });
    expect(bound.inputs.map(({ name }) => name)).toEqual(['x']);
    const results = await runGraph(decodeModel(encodeModel(bound)), { x: inputs.x });
    expectSame(results, await runGraph(graph, inputs), { atol: 1e-6, rtol: 1e-6 });
    expect(() => bindInputs(graph, { v: inputs.w })).toThrow(/'v'.*name of an input/);
    expect(() => bindInputs(graph, { w: inputs.x })).toThrow(/\[2,6,6,3\].*\[4,3,3,3\]/);
  });

  it('are written fast: 20,000 nodes in less than a second', () => {
    const nodes = Array.from({ length: 20_000 }, (_, i) => ({
      op: 'Add',
      inputs: [`#${i}`, `#${i}`],
      outputs: [`#${i + 1}`],
      attributes: {},
    }));
    const start = performance.now();
    const bytes = encodeModel({ ...graph, nodes });
    expect(bytes.length).toBeGreaterThan(200_000);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
