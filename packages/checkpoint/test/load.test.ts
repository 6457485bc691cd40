import type { HostTensor } from '@detrain/core';
import type { ParameterSpec } from '@detrain/core/tensors';
import { describe, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors, loadWeights, stateDict } from '../src/index.ts';

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
    prefix: '',
  });
});

test('names can be changed or left out', () => {
  const file = { 'module.w': host(1, 2), 'module.head.0.w': host(3), epoch: host(1) };
  const rename = (name: string) => (name === 'epoch' ? null : name.replace(/^module\./, ''));
  expect([...loadWeights(specs, file, { rename }).parameters.keys()]).toEqual(['w', 'head.0.w']);
});

test('a map is as good as an object', () => {
  const file = new Map([
    ['w', host(1, 2)],
    ['head.0.w', host(3)],
  ]);
  expect([...loadWeights(specs, file).parameters.keys()]).toEqual(['w', 'head.0.w']);
});

test('whatever the file has becomes float32', () => {
  const file = {
    w: { dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) },
    'head.0.w': { dtype: 'I64', shape: [1], data: BigInt64Array.of(4n) },
  } as const;
  const { parameters } = loadWeights(specs, file);
  expect(parameters.get('w')).toEqual({ dtype: 'float32', shape: [2], data: Float32Array.of(1, -2) });
  expect(parameters.get('head.0.w')).toEqual({ dtype: 'float32', shape: [1], data: Float32Array.of(4) });
});

test('what the model computes is never taken from a file', () => {
  const scales = spec('a.num_points_scale', [2], { kind: 'frozen', init: () => Float32Array.of(0.5, 0.5) });
  const stored = {
    w: host(1, 2),
    'head.0.w': host(3),
    'a.num_points_scale': host(9, 9, 9),
    'decoder.anchors': host(1),
    'decoder.valid_mask': host(1),
    'frozen.bn.num_batches_tracked': host(7),
  };
  const { parameters, unexpected } = loadWeights([...specs, scales], stored);
  expect(parameters.get('a.num_points_scale')?.data).toEqual(Float32Array.of(0.5, 0.5));
  expect([...parameters.keys()]).toEqual(['w', 'head.0.w', 'a.num_points_scale']);
  expect(unexpected).toEqual([]);
  expect(loadWeights([...specs, scales], { w: host(1, 2), 'head.0.w': host(3) }).parameters.size).toBe(3);
});

test('many misfits are counted, and misspelt names get the nearest that is missing', () => {
  const many = Array.from({ length: 12 }, (_, i) => spec(`encoder.layers.${i}.linear.weight`, [1]));
  const file = { 'encoder.layers.3.linaer.weight': host(1), 'encoder.layers.0.linear.weight': host(1) };
  expect(() => loadWeights(many, file)).toThrow(
    /missing: encoder\.layers\.1\.linear\.weight, .*, … \(11 in all\); unexpected: encoder\.layers\.3\.linaer\.weight \(nearest missing: encoder\.layers\.3\.linear\.weight\)/,
  );
});

describe('a backbone alone, without its prefix', () => {
  const detector = [
    spec('backbone.stem.conv.weight', [1]),
    spec('backbone.stem.bn.weight', [1]),
    spec('encoder.conv.weight', [1]),
  ];
  const imagenet = { 'stem.conv.weight': host(1), 'stem.bn.weight': host(2), 'stem.bn.num_batches_tracked': host(3) };

  test('is recognised and taken with partial', () => {
    const { parameters, ...report } = loadWeights(detector, imagenet, { partial: true });
    expect([...parameters].map(([name, { data }]) => [name, data[0]])).toEqual([
      ['backbone.stem.conv.weight', 1],
      ['backbone.stem.bn.weight', 2],
    ]);
    expect(report).toEqual({ prefix: 'backbone.', missing: ['encoder.conv.weight'], unexpected: [], mismatched: [] });
  });

  test('is refused without, with the reason', () => {
    expect(() => loadWeights(detector, imagenet)).toThrow(
      /holds the part under "backbone\." alone: pass partial: true/,
    );
  });

  test('a classifier beside it is unexpected', () => {
    const { prefix, unexpected } = loadWeights(detector, { ...imagenet, 'fc.weight': host(1) }, { partial: true });
    expect([prefix, unexpected]).toEqual(['backbone.', ['fc.weight']]);
  });

  test('no prefix is guessed where two would do, or few names fit', () => {
    const twice = [spec('a.w', [1]), spec('b.w', [1])];
    expect(loadWeights(twice, { w: host(1) }, { partial: true })).toMatchObject({ prefix: '', unexpected: ['w'] });
    const file = { 'stem.conv.weight': host(1), x: host(1), y: host(1) };
    expect(loadWeights(detector, file, { partial: true }).prefix).toBe('');
  });
});

test('a whole state dict has shared names, counters, anchors, in the official order', () => {
  const all = [
    spec('decoder.anchors', [2], { kind: 'derived', init: () => Float32Array.of(1, Number.POSITIVE_INFINITY) }),
    spec('decoder.valid_mask', [2], { kind: 'derived', init: () => Float32Array.of(1, 0) }),
    ...specs.slice(0, 4),
  ];
  const parameters = new Map([
    ['w', host(1, 2)],
    ['head.0.w', host(3)],
  ]);
  const written = stateDict(all, parameters);
  expect(Object.entries(written)).toEqual([
    ['decoder.anchors', { dtype: 'float32', shape: [2], data: Float32Array.of(1, Number.POSITIVE_INFINITY) }],
    ['decoder.valid_mask', { dtype: 'BOOL', shape: [2], data: Uint8Array.of(1, 0) }],
    ['w', host(1, 2)],
    ['head.0.w', host(3)],
    ['head.1.w', host(3)],
    ['bn.num_batches_tracked', { dtype: 'I64', shape: [], data: BigInt64Array.of(0n) }],
  ]);
  const back = loadWeights(all, decodeSafetensors(encodeSafetensors(written)).tensors);
  expect([...back.parameters]).toEqual([...parameters]);
  expect(() => stateDict(all, new Map())).toThrow(/no tensor w\. Wanted all of the model/);
});
