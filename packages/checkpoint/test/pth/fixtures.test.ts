import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readPth, readWeightsFile } from '../../src/index.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/pth/${name}`, import.meta.url));

/** The formula of the fixtures' README. */
const v = (i: number) => ((i % 17) - 8) / 8;
const count = (n: number, f: (i: number) => number = (i) => i) => Array.from({ length: n }, (_, i) => f(i));
const plain = (tensors: Awaited<ReturnType<typeof readPth>>['tensors']) =>
  Object.fromEntries([...tensors].map(([name, { dtype, shape, data }]) => [name, [dtype, [...shape], [...data]]]));

const types = {
  float64: ['float32', [2, 3, 4], count(24, v)],
  float32: ['float32', [2, 3, 4], count(24, v)],
  float16: ['float32', [2, 3, 4], count(24, v)],
  bfloat16: ['float32', [2, 3, 4], count(24, v)],
  int64: ['int32', [6], count(6)],
  int32: ['int32', [6], count(6)],
  int16: ['int32', [6], count(6)],
  int8: ['int32', [6], count(6)],
  uint8: ['int32', [6], count(6)],
  bool: ['bool', [6], [0, 1, 0, 1, 0, 1]],
  scalar: ['float32', [], [0.5]],
  empty: ['float32', [0, 4], []],
};

const views = {
  whole: ['float32', [60], count(60, v)],
  slice: ['float32', [10], count(10, (i) => v(10 + i))],
  transposed: ['float32', [12, 5], count(60, (i) => v((i % 5) * 12 + Math.floor(i / 5)))],
  steps: ['float32', [9], count(9, (i) => v(3 + 7 * i))],
  expanded: ['float32', [2, 3], count(6, () => v(5))],
  window: ['float32', [2, 2, 3], [25, 27, 29, 30, 32, 34, 45, 47, 49, 50, 52, 54].map(v)],
  channels_last: ['float32', [2, 4, 2, 3], count(48, v)],
  parameter: ['float32', [4], count(4, v)],
};

describe('checkpoints that PyTorch wrote', () => {
  it.each([
    ['types.pth', 'pth', types],
    ['types-legacy.pth', 'pth-legacy', types],
    ['types-protocol4.pth', 'pth', types],
    ['views.pth', 'pth', views],
    ['views-legacy.pth', 'pth-legacy', views],
  ])('%s', async (name, source, expected) => {
    const weights = await readPth(fixture(name));
    expect(weights.source).toBe(source);
    expect(weights.part).toBeUndefined();
    expect([...weights.tensors.keys()]).toEqual(Object.keys(expected));
    expect(plain(weights.tensors)).toEqual(expected);
  });

  it('views become tensors of their own', async () => {
    const { tensors } = await readPth(fixture('views.pth'));
    tensors.get('whole')?.data.fill(9);
    expect([...(tensors.get('slice')?.data ?? [])]).toEqual(views.slice[2]);
  });

  it.each(['training.pth', 'training-legacy.pth', 'training-deflated.pth'])(
    '%s: the average, or the model',
    async (name) => {
      const weights = await readWeightsFile(fixture(name));
      expect(weights.part).toBe('ema.module');
      expect(weights.metadata).toEqual({
        date: '2025-01-31T12:00:00',
        last_epoch: '11',
        best: '0.5',
        seen: '7',
        device: 'cuda:0',
        big: String(2n ** 70n),
      });
      expect(plain(weights.tensors)).toEqual({
        'conv.weight': ['float32', [3, 2, 1, 1], count(6, (i) => v(i) + 1)],
        'conv.bias': ['float32', [3], count(3, v)],
        'bn.weight': ['float32', [3], count(3, v)],
        'bn.bias': ['float32', [3], count(3, v)],
        'bn.running_mean': ['float32', [3], [0, 0, 0]],
        'bn.running_var': ['float32', [3], [1, 1, 1]],
        'bn.num_batches_tracked': ['int32', [], [0]],
      });
      const model = await readWeightsFile(fixture(name), { from: 'model' });
      expect(model.part).toBe('model');
      // One step of AdamW on gradients of zero: the weights decay by 1 - 1e-3 * 1e-2.
      const decayed = count(6, (i) => Math.fround(v(i) * (1 - 1e-5)));
      for (const [i, value] of [...(model.tensors.get('conv.weight')?.data ?? [])].entries())
        expect(value).toBeCloseTo(decayed[i] as number, 7);
    },
  );

  it.each([
    ['module.pth', /refused global torch\.nn\.modules\.container\.Sequential at byte \d+.*torch\.save\(torch\.load/],
    ['float8.pth', /"w" has elements of torch\.float8_e4m3fn/],
    ['sparse.pth', /refused global torch\._utils\._rebuild_sparse_tensor at byte/],
  ])('%s is refused by name', async (name, message) => {
    await expect(readPth(fixture(name))).rejects.toThrow(message);
    await expect(readPth(fixture(name))).rejects.toMatchObject({ name: 'CheckpointError', file: fixture(name) });
  });

  it('asking for an average where there is none says so', async () => {
    await expect(readPth(fixture('types.pth'), { from: 'ema' })).rejects.toThrow(/no averaged weights.*keys float64/);
  });
});
