import type { Graph, GraphNode } from '@detrain/onnx';
import { expect, test } from 'vitest';
import { bareOutputs } from '../src/compiled/bare-outputs.ts';
import { createEngine } from '../src/index.ts';
import { assign, inputsOf, trainingProgram } from './network.ts';

const node = (op: string, input: string, output: string): GraphNode => ({
  op,
  inputs: op === 'Reshape' ? [input, 'shape'] : [input],
  outputs: [output],
  attributes: {},
});
const wide = { shape: [1, 3], dtype: 'float32' } as const;
const flat = { shape: [3], dtype: 'float32' } as const;

const graphOf = (nodes: readonly GraphNode[], outputs: readonly string[]): Graph => ({
  inputs: [{ name: 'x', ...wide }],
  outputs: outputs.map((name) => ({ name, ...flat })),
  nodes,
  constants: new Map([['shape', { shape: [1], dtype: 'int64', data: BigInt64Array.of(3n) }]]),
  values: new Map(nodes.map(({ op, outputs: [name = ''] }) => [name, op === 'Reshape' ? flat : wide])),
});

test('an output that is a reshaped value becomes that value', () => {
  const { nodes, outputs, values } = bareOutputs(
    graphOf([node('Neg', 'x', 'a'), node('Abs', 'a', 'b'), node('Reshape', 'a', 'out')], ['out', 'b']),
    () => true,
  );
  expect(nodes).toEqual([node('Neg', 'x', 'out'), node('Abs', 'out', 'b')]);
  expect(outputs[0]).toEqual({ name: 'out', ...wide });
  expect([...values.keys()]).toEqual(['out', 'b']);
});

test.each([
  ['that must keep its shape', [node('Neg', 'x', 'a'), node('Reshape', 'a', 'out')], ['out'], false],
  ['of an input', [node('Reshape', 'x', 'out')], ['out'], true],
  ['of another output', [node('Neg', 'x', 'a'), node('Reshape', 'a', 'out')], ['out', 'a'], true],
  [
    'that others read',
    [node('Neg', 'x', 'a'), node('Reshape', 'a', 'out'), node('Abs', 'out', 'b')],
    ['out', 'b'],
    true,
  ],
] as const)('a reshape %s stays', (_, nodes, outputs, may) => {
  expect(bareOutputs(graphOf(nodes, outputs), () => may).nodes).toEqual(nodes);
});

test('gradients and new statistics have the shape of what they belong to', async () => {
  const engine = await createEngine({ engine: 'compiled' });
  const inputs = inputsOf();
  const { gradients, updates } = await engine.training(trainingProgram).step(inputs, assign);
  const all = Object.entries({ ...gradients, ...updates });
  expect(all.length).toBeGreaterThan(Object.keys(gradients).length);
  for (const [name, { shape }] of all) expect([name, shape]).toEqual([name, inputs[name]?.shape]);
  await engine.dispose();
});
