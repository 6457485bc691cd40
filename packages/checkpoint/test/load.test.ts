import type { HostTensor } from '@detrain/core';
import type { ParameterSpec } from '@detrain/core/tensors';
import { expect, test } from 'vitest';
import { loadWeights } from '../src/index.ts';

const spec = (name: string, shape: number[], extra: Partial<ParameterSpec> = {}): ParameterSpec => ({
  name,
  shape,
  kind: 'trainable',
  init: () => new Float32Array(0),
  ...extra,
});
const host = (...values: number[]): HostTensor => ({
  shape: [values.length],
  dtype: 'float32',
  data: Float32Array.from(values),
});

const specs = [
  spec('w', [2]),
  spec('head.0.w', [1]),
  spec('head.1.w', [1], { sharedWith: 'head.0.w' }),
  spec('bn.num_batches_tracked', [], { kind: 'counter' }),
  spec('anchors', [9], { kind: 'derived' }),
];

test('a whole fit, with shared, derived and counted tensors', () => {
  const file = { w: host(1, 2), 'head.1.w': host(3), anchors: host(0) };
  const { parameters, missing, unexpected, mismatched } = loadWeights(specs, file);
  expect([...parameters].map(([name, { data }]) => [name, ...data])).toEqual([
    ['w', 1, 2],
    ['head.0.w', 3],
  ]);
  expect([missing, unexpected, mismatched]).toEqual([[], [], []]);
  expect(parameters.get('w')?.data).not.toBe(file.w.data);
});

test('a half fit is refused, with all that is wrong, unless told otherwise', () => {
  const file = { w: host(1, 2, 3), other: host(1) };
  expect(() => loadWeights(specs, file)).toThrow(
    /missing: head\.0\.w; unexpected: other; other shape: w \[3\] for \[2\]/,
  );
  const report = loadWeights(specs, file, { partial: true });
  expect(report).toEqual({
    parameters: new Map(),
    missing: ['head.0.w'],
    unexpected: ['other'],
    mismatched: [{ name: 'w', expected: [2], found: [3] }],
  });
});

test('names can be changed or left out', () => {
  const file = { 'module.w': host(1, 2), 'module.head.0.w': host(3), epoch: host(1) };
  const rename = (name: string) => (name === 'epoch' ? null : name.replace(/^module\./, ''));
  expect([...loadWeights(specs, file, { rename }).parameters.keys()]).toEqual(['w', 'head.0.w']);
});
