import type { Graph, GraphNode } from '@detrain/onnx';
import { describe, expect, it } from 'vitest';
import { peakBytes } from '../src/compiled/memory.ts';
import { stepMemory } from '../src/index.ts';
import { tf } from '../src/tf.ts';

const graph = (
  nodes: readonly (readonly [op: string, inputs: string[], output: string, size: number])[],
  out: string,
): Graph => ({
  inputs: [{ name: 'x', shape: [1000], dtype: 'float32' }],
  outputs: [{ name: out, shape: [1], dtype: 'float32' }],
  constants: new Map(),
  nodes: nodes.map(([op, inputs, output]): GraphNode => ({ op, inputs, outputs: [output], attributes: {} })),
  values: new Map(nodes.map(([, , output, size]) => [output, { shape: [size], dtype: 'float32' as const }])),
});

describe('peakBytes', () => {
  it('counts a value from its node to its last reader, and no inputs', () => {
    const chain = graph(
      [
        ['Relu', ['x'], 'a', 10],
        ['Relu', ['a'], 'b', 20],
        ['Relu', ['b'], 'c', 5],
      ],
      'c',
    );
    expect(peakBytes(chain)).toBe(4 * 30);
    const kept = graph(
      [
        ['Relu', ['x'], 'a', 10],
        ['Relu', ['a'], 'b', 20],
        ['Relu', ['b'], 'c', 5],
        ['Add', ['a', 'c'], 'd', 1],
      ],
      'd',
    );
    expect(peakBytes(kept)).toBe(4 * 35);
  });

  it('counts a reshaped value once, and until its last view is read', () => {
    const views = graph(
      [
        ['Relu', ['x'], 'a', 10],
        ['Reshape', ['a'], 'b', 10],
        ['Relu', ['x'], 'c', 10],
        ['Add', ['b', 'c'], 'd', 1],
      ],
      'd',
    );
    expect(peakBytes(views)).toBe(4 * 21);
  });
});

it('a step keeps what its gradient needs: in proportion to the batch', () => {
  const step = (batch: number) =>
    stepMemory(
      {
        name: 'line',
        trainable: ['w'],
        targets: () => ({ y: { shape: [batch, 8], dtype: 'float32' } }),
        forward: ({ w, x }) => {
          const y = tf.sigmoid(tf.matMul(x as never, w as never));
          return {
            readback: { y },
            updates: {},
            loss: (targets) => ({ total: tf.sum(tf.square(tf.sub(y, targets['y']!))), terms: {} }),
          };
        },
      },
      { w: { shape: [16, 8], dtype: 'float32' }, x: { shape: [batch, 16], dtype: 'float32' } },
    );
  const [one, four] = [step(100), step(400)];
  // What is read back is made before, and handed on.
  expect(one.carried).toBe(100 * 8 * 4);
  expect(one.forward).toBeGreaterThanOrEqual(one.carried);
  expect(four.carried).toBe(4 * one.carried);
  expect(four.backward).toBeGreaterThan(3 * one.backward);
});
