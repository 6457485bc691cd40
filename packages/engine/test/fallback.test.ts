import { expect, test, vi } from 'vitest';
import { createEngine, inspectEngines } from '../src/index.ts';

vi.mock('onnxruntime-node', () => {
  throw new Error('libonnxruntime.so.1: cannot open shared object file');
});

test('auto goes on to the next way and says why; a forced way fails with the reason', async () => {
  const engine = await createEngine({ engine: 'auto' });
  expect(engine.name).not.toBe('compiled');
  expect(engine.describe()).toContain('onnxruntime-node does not load');
  await expect(createEngine({ engine: 'compiled' })).rejects.toThrow(/'compiled'.*does not load.*Install it/);
  const [report] = await inspectEngines();
  expect(report).toMatchObject({
    name: 'compiled',
    available: false,
    fix: expect.stringContaining('onnxruntime-node'),
  });
});
