import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRng, type HostTensor } from '@detrain/core';
import { startThread } from '@detrain/core/threads';
import { createEngine, type Engine } from '@detrain/engine';
import { createAdamW, createEma, parameterGroups } from '@detrain/optim';
import type {} from '@detrain/tooling/setup';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BatchSource,
  detectionProgram,
  type FitOptions,
  fit,
  startTrainingWorkers,
  type TrainerCallback,
  type TrainingWorkers,
  type TrainStepOptions,
  trainStep,
} from '../src/index.ts';
import { miniBatch, miniDetector, miniRecipe, miniWeights, SIZE } from './mini.ts';
import type { MiniWorkerData } from './mini-worker.ts';

let cpu: Engine;
beforeAll(async () => {
  cpu = await createEngine({ engine: 'cpu' });
});
afterAll(() => cpu.dispose());

const start = (data: Partial<MiniWorkerData> = {}, count = 2): Promise<TrainingWorkers> =>
  startTrainingWorkers({
    count,
    parameters: miniWeights(),
    start: (rank) =>
      startThread(new URL('./mini-worker.ts', import.meta.url), {
        engine: 'cpu',
        batchStatistics: false,
        ...data,
        // Only one of them meets the fault, so that the other is left waiting.
        ...(rank === 0 ? { failsAt: undefined, leavesAt: undefined } : {}),
      }),
  });

const optimizer = () =>
  createAdamW({ groups: parameterGroups(miniWeights().keys(), [], { learningRate: 0.01, weightDecay: 1e-4 }) });

/** Two steps on the same batch, of three images with unequal numbers of objects: what one thread does, or several. */
const twoSteps = async (training: TrainStepOptions['training'], counts: readonly number[] = [1, 3, 2]) => {
  const parameters = miniWeights();
  const moving = { optimizer: optimizer(), ema: createEma(parameters, { decay: 0.5, warmups: 0 }) };
  const results = [];
  for (const step of [0, 1]) {
    const { gradients, ...numbers } = await trainStep({
      training,
      detector: miniDetector,
      recipe: miniRecipe(),
      parameters,
      batch: miniBatch(counts),
      rng: createRng(3).fork(step),
      epoch: 0,
      step,
      progress: 0,
      ...moving,
    });
    const copies = Object.entries(gradients).map(([name, { data }]) => [name, Float32Array.from(data)] as const);
    results.push({ ...numbers, gradients: Object.fromEntries(copies) });
  }
  return { results, parameters, average: moving.ema.parameters };
};

const expectClose = (ours: ReadonlyMap<string, HostTensor>, theirs: ReadonlyMap<string, HostTensor>) => {
  for (const [name, { data }] of theirs)
    expect(ours.get(name)?.data as Float32Array, name).toBeAllclose(data as Float32Array, { atol: 1e-5 });
};

describe('a step of two workers', () => {
  let workers: TrainingWorkers;
  beforeAll(async () => {
    workers = await start();
  });
  afterAll(() => workers.dispose());

  it.each([
    ['images with objects', [1, 3, 2]],
    ['a share without objects', [2, 3, 0]],
    ['no objects at all', [0, 0, 0]],
  ])('is that of one thread: %s', async (_, counts) => {
    const training = cpu.training(detectionProgram(miniDetector, miniRecipe(), { batchStatistics: false }));
    const one = await twoSteps(training, counts);
    const two = await twoSteps(workers, counts);
    for (const [i, expected] of one.results.entries()) {
      const seen = two.results[i] as typeof expected;
      expect(Object.keys(seen.terms)).toEqual(Object.keys(expected.terms));
      expect(Object.values(seen.terms)).toBeAllclose(Object.values(expected.terms), { atol: 1e-5 });
      expect(seen.total).toBeCloseTo(expected.total, 4);
      expect(Object.keys(seen.gradients)).toEqual(Object.keys(expected.gradients));
      for (const [name, gradient] of Object.entries(expected.gradients))
        expect(seen.gradients[name] as Float32Array, name).toBeAllclose(gradient, { atol: 1e-5 });
    }
    expectClose(two.parameters, one.parameters);
    expectClose(two.average, one.average);
  });

  it('gives the same bits each time', async () => {
    const [a, b] = [await twoSteps(workers), await twoSteps(workers)];
    expect(a.results.map(({ gradients }) => gradients)).toEqual(b.results.map(({ gradients }) => gradients));
    expect([...a.parameters]).toEqual([...b.parameters]);
  });

  it('leaves no tensors behind in any worker', async () => {
    const before = await workers.memory();
    await twoSteps(workers);
    const after = await workers.memory();
    expect(after).toHaveLength(2);
    expect(after.map(({ tensors }) => tensors)).toEqual(before.map(({ tensors }) => tensors));
  });

  it('refuses a batch with fewer images than workers, and goes on', async () => {
    await expect(twoSteps(workers, [2])).rejects.toThrow('a batch of 1 for 2 workers');
    await twoSteps(workers, [1, 1]);
  });
});

describe('workers', () => {
  it('equal one thread on the compiled engine', async () => {
    const workers = await start({ engine: 'compiled' });
    const compiled = await createEngine({ engine: 'compiled', threads: 1 });
    try {
      const options = { batchStatistics: false };
      const one = await twoSteps(compiled.training(detectionProgram(miniDetector, miniRecipe(), options)));
      expectClose((await twoSteps(workers)).parameters, one.parameters);
      expect((await workers.memory()).map(({ sessions }) => sessions)).toEqual([2, 2]);
    } finally {
      await workers.dispose();
      await compiled.dispose();
    }
  });

  it('average statistics by the number of images', async () => {
    const workers = await start({ batchStatistics: true });
    try {
      const statistics = async (training: TrainStepOptions['training']) => {
        const parameters = miniWeights();
        const still = { step: () => {} };
        await trainStep({
          ...{ training, parameters, optimizer: still, detector: miniDetector, recipe: miniRecipe() },
          ...{ batch: miniBatch([1, 3, 2]), rng: createRng(0), epoch: 0, step: 0, progress: 0 },
        });
        return parameters.get('mean')?.data as Float32Array;
      };
      const expected = await statistics(cpu.training(detectionProgram(miniDetector, miniRecipe())));
      expect(expected.some((x) => x !== 0)).toBe(true);
      expect(await statistics(workers)).toBeAllclose(expected, { atol: 1e-5 });
    } finally {
      await workers.dispose();
    }
  });

  it.each([
    ['throws', { failsAt: 1 }, /worker 1 failed: the matcher gave up/],
    ['ends', { leavesAt: 1 }, /worker 1 failed: the thread ended with exit code 3/],
  ])('stop the run where one of them %s, with the last saved state whole', async (_, fault, message) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'detrain-workers-'));
    const workers = await start(fault);
    const ends: string[] = [];
    const ended: TrainerCallback = { name: 'ended', onFitEnd: (_run, { reason }) => void ends.push(reason) };
    try {
      const run = fit({ ...options(workers), folder, callbacks: ended });
      await expect(run).rejects.toThrow(message);
      await expect(run).rejects.toHaveProperty('stack', expect.stringMatching(/mini-worker\.ts|exit code/));
      expect(ends).toEqual(['failed']);
      expect(readdirSync(path.join(folder, 'state'))).toHaveLength(2);
      await expect(twoSteps(workers)).rejects.toThrow(message);
    } finally {
      await workers.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('go on bit for bit in a resumed run', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'detrain-workers-'));
    const workers = await start();
    const stop: TrainerCallback = { name: 'stop', onStepEnd: (run, { step }) => step === 3 && run.stop('test') };
    try {
      const whole = await fit(options(workers));
      await fit({ ...options(workers), folder, callbacks: stop });
      const resumed = await fit({ ...options(workers), folder, resume: true });
      expect(resumed.step).toBe(4);
      expect([...resumed.parameters]).toEqual([...whole.parameters]);
    } finally {
      await workers.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** Two epochs of one step a batch, so that a state is saved before the second. */
const options = (workers: TrainingWorkers): FitOptions => ({
  detector: miniDetector,
  recipe: miniRecipe(),
  engine: cpu,
  workers,
  parameters: miniWeights(),
  batches,
  optimizer: optimizer(),
  ema: { decay: 0.9, warmups: 2 },
  epochs: 4,
  seed: 3,
});

const batches: BatchSource = {
  batchesPerEpoch: 1,
  async *batches(epoch, from) {
    if (from > 0) return;
    const ids = ['a', 'b'];
    yield { ...miniBatch([1, 2], epoch), ids, sizes: ids.map(() => [SIZE, SIZE] as const) };
  },
};
