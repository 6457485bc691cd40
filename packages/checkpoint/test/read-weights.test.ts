import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { readWeightsFile, writeSafetensors } from '../src/index.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'detrain-weights-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('safetensors under any name', async () => {
  const file = path.join(folder, 'weights.pth');
  writeSafetensors(file, { w: { dtype: 'BF16', shape: [2], data: Uint16Array.of(0x3f80, 0xc000) } }, { epoch: '3' });
  expect(await readWeightsFile(file)).toEqual({
    tensors: new Map([['w', { dtype: 'float32', shape: [2], data: Float32Array.of(1, -2) }]]),
    metadata: { epoch: '3' },
    dtypes: ['BF16'],
    source: 'safetensors',
  });
});

test('PyTorch checkpoints', async () => {
  const file = fileURLToPath(new URL('fixtures/pth/types.pth', import.meta.url));
  expect((await readWeightsFile(file)).source).toBe('pth');
});

test('a file that is not there is what the file system says', async () => {
  await expect(readWeightsFile(path.join(folder, 'none.pth'))).rejects.toThrow(/ENOENT/);
});
