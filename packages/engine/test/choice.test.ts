import { afterEach, expect, test, vi } from 'vitest';
import { prepareTensorFlow, restoreIsNullOrUndefined } from '../src/eager/backends.ts';
import { createEngine, inspectEngines, resolveThreads } from '../src/index.ts';

afterEach(() => vi.unstubAllEnvs());

test('auto is compiled; the environment overrides it; the option overrides both', async () => {
  vi.stubEnv('DETRAIN_ENGINE', '');
  expect((await createEngine()).name).toBe('compiled');
  vi.stubEnv('DETRAIN_ENGINE', 'cpu');
  expect((await createEngine()).name).toBe('cpu');
  expect((await createEngine({ engine: 'auto' })).name).toBe('cpu');
  expect((await createEngine({ engine: 'compiled' })).name).toBe('compiled');
  vi.stubEnv('DETRAIN_ENGINE', 'quantum');
  await expect(createEngine()).rejects.toThrow(
    /'quantum'.*auto, compiled, tfjs-node-gpu, tfjs-node, cpu.*DETRAIN_ENGINE/,
  );
});

test('threads come from the option, the environment or the machine', async () => {
  expect(resolveThreads(3, '5')).toBe(3);
  expect(resolveThreads(undefined, '5')).toBe(5);
  expect(resolveThreads(undefined, '')).toBeGreaterThan(0);
  expect(() => resolveThreads(0)).toThrow('DETRAIN_THREADS');
  expect(() => resolveThreads(undefined, 'many')).toThrow('threads is many');
  expect((await createEngine({ engine: 'compiled', threads: 3 })).describe()).toContain('3 threads');
});

test('every way is inspected, and what is missing says how to get it', async () => {
  const reports = await inspectEngines();
  expect(reports.map(({ name }) => name)).toEqual(['compiled', 'tfjs-node-gpu', 'tfjs-node', 'cpu']);
  expect(reports[0]).toMatchObject({ available: true, version: expect.stringMatching(/^1\./) });
  for (const { available, reason, fix } of reports) if (!available) expect([reason, fix]).not.toContain(undefined);
  for (const { name, available } of reports.slice(1, 3))
    if (!available)
      await expect(createEngine({ engine: name })).rejects.toThrow(new RegExp(`'${name}'.*detrain doctor`));
});

test('the function that tfjs-node misses on new Nodes is put back', () => {
  const util: { isNullOrUndefined?: (value: unknown) => boolean } = {};
  restoreIsNullOrUndefined(util);
  expect([null, undefined, 0, ''].map((value) => util.isNullOrUndefined?.(value))).toEqual([true, true, false, false]);
});

test('TensorFlow logs nothing but errors and starts without oneDNN, unless the user chose otherwise', () => {
  const environment: NodeJS.ProcessEnv = {};
  prepareTensorFlow(environment);
  expect(environment).toEqual({ TF_CPP_MIN_LOG_LEVEL: '2', TF_ENABLE_ONEDNN_OPTS: '0' });
  const chosen: NodeJS.ProcessEnv = { TF_CPP_MIN_LOG_LEVEL: '0', TF_ENABLE_ONEDNN_OPTS: '1' };
  prepareTensorFlow(chosen);
  expect(chosen).toEqual({ TF_CPP_MIN_LOG_LEVEL: '0', TF_ENABLE_ONEDNN_OPTS: '1' });
});
