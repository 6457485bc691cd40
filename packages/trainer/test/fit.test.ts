import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readHostTensors } from '@detrain/checkpoint';
import type { HostTensor } from '@detrain/core';
import { createEngine, type Engine } from '@detrain/engine';
import { flatCosine } from '@detrain/optim';
import { eagerEngine } from '@detrain/tooling/eager';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { earlyStopping, type FitOptions, fit, loadState, type StepRecord, type TrainerCallback } from '../src/index.ts';
import { tinyBatches, tinyDetector, tinyOptimizer, tinyRecipe, tinyWeights } from './tiny.ts';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await createEngine({ engine: eagerEngine });
});
afterAll(() => engine.dispose());
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'detrain-fit-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Options of a run of four epochs of three steps; each call has weights and moments of its own. */
const options = (changes: Partial<FitOptions> = {}): FitOptions => ({
  detector: tinyDetector,
  recipe: tinyRecipe,
  engine,
  parameters: tinyWeights(),
  batches: tinyBatches(),
  optimizer: tinyOptimizer(),
  schedule: flatCosine({ total: 12, warmup: 3, flat: 6, noAug: 2 }),
  ema: { decay: 0.9, warmups: 5 },
  epochs: 4,
  seed: 3,
  evaluate: (weights) => ({ ap: 1 - Math.abs(weights.get('head.boxes')?.data[0] ?? 1) }),
  folder,
  ...changes,
});

const recorder = () => {
  const records: StepRecord[] = [];
  const callback: TrainerCallback = { name: 'recorder', onStepEnd: (_, record) => void records.push(record) };
  return { callback, losses: () => records.map(({ loss }) => loss), records };
};

const bits = (weights: ReadonlyMap<string, HostTensor>) =>
  Object.fromEntries(
    [...weights].map(([name, { data }]) => [
      name,
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
    ]),
  );

/** Stops a run after a number of steps or of epochs. */
const stopAfter = ({ steps, epochs }: { steps?: number; epochs?: number }): TrainerCallback => ({
  name: 'stop',
  onStepEnd: (run, { step }) => step === steps && run.stop('test'),
  onValidationEnd: (run) => run.epoch + 1 === epochs && run.stop('test'),
});

const logged = (kind: string) =>
  readFileSync(path.join(folder, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((line) => line.kind === kind);

describe('fit', () => {
  it('measures the parts of steps when told', async () => {
    const { records, callback } = recorder();
    const profiling = await createEngine({ engine: eagerEngine, profile: true });
    const { profile } = await fit(options({ engine: profiling, profile: true, callbacks: callback }));
    expect(profile).toEqual(JSON.parse(readFileSync(path.join(folder, 'profile.json'), 'utf8')));
    expect(profile?.steps).toBe(11);
    const totals = records.slice(1).map(({ seconds }) => seconds.total);
    const sorted = totals.sort((a, b) => a - b);
    expect(profile?.seconds.total).toEqual({ median: sorted[5], p90: sorted[9] });
    expect(profile?.nodes).toHaveLength(10);
    expect((await fit(options({ profile: true, folder: null }))).profile?.nodes).toEqual([]);
    expect((await fit(options({ folder: null, epochs: 1 }))).profile).toBeNull();
  });

  it('lowers the loss, and twice the same seed gives the same losses', async () => {
    const [a, b] = [recorder(), recorder()];
    const first = await fit(options({ folder: null, epochs: 12, callbacks: a.callback }));
    const second = await fit(options({ folder: null, epochs: 12, callbacks: [b.callback, null, [false]] }));
    expect(first.reason).toBe('finished');
    expect(a.losses()).toHaveLength(36);
    expect(a.losses()).toEqual(b.losses());
    expect(bits(first.parameters)).toEqual(bits(second.parameters));
    const mean = (values: number[]) => values.reduce((x, y) => x + y, 0) / values.length;
    expect(mean(a.losses().slice(-6))).toBeLessThan(mean(a.losses().slice(0, 6)));
  });

  it.each([
    ['at the end of an epoch', { epochs: 2 }],
    ['inside an epoch', { steps: 5 }],
    ['after the last step of an epoch, before its evaluation', { steps: 6 }],
  ])('2 epochs + resume = 4 epochs, bit for bit, stopped %s', async (_, at) => {
    const whole = path.join(folder, 'whole');
    const parts = path.join(folder, 'parts');
    const a = recorder();
    const straight = await fit(options({ folder: whole, callbacks: a.callback }));
    const b = recorder();
    const half = await fit(options({ folder: parts, callbacks: [b.callback, stopAfter(at)] }));
    expect(half.reason).toBe('stopped');
    const rest = await fit(options({ folder: parts, callbacks: b.callback, resume: true }));
    expect(rest.reason).toBe('finished');

    expect(b.losses()).toEqual(a.losses());
    expect(bits(rest.parameters)).toEqual(bits(straight.parameters));
    const [left, right] = [whole, parts].map((run) => loadState(path.join(run, 'state'), 'last'));
    expect(right).toEqual(left);
    for (const name of ['last', 'last-ema', 'best'])
      expect(readHostTensors(path.join(parts, 'weights', `${name}.safetensors`))).toEqual(
        readHostTensors(path.join(whole, 'weights', `${name}.safetensors`)),
      );
    const lines = (run: string) => readFileSync(path.join(run, 'metrics.jsonl'), 'utf8').trim().split('\n').length;
    expect(lines(parts)).toBe(lines(whole));
  });

  it('drops the lines that a resumed run writes again, and half a line after a crash', async () => {
    await fit(options({ callbacks: stopAfter({ epochs: 1 }) }));
    const { appendFileSync } = await import('node:fs');
    appendFileSync(path.join(folder, 'metrics.jsonl'), '{"kind":"step","epoch":1,"step":4,"loss":99}\n{"kind":"st');
    await fit(options({ resume: true }));
    expect(logged('step').map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(logged('step').every(({ loss }) => loss < 99)).toBe(true);
    expect(logged('validation')).toHaveLength(4);
  });

  it('finishes the step when the signal is aborted, saves, and goes on', async () => {
    const controller = new AbortController();
    const abort: TrainerCallback = { name: 'abort', onStepEnd: (_, { step }) => step === 4 && controller.abort() };
    const result = await fit(options({ callbacks: abort, signal: controller.signal }));
    expect(result).toMatchObject({ reason: 'interrupted', step: 4, epoch: 1 });
    const again = await fit(options({ resume: true }));
    expect(again).toMatchObject({ reason: 'finished', step: 12, epoch: 4 });
  });

  it('resumes an evaluation that was interrupted', async () => {
    const controller = new AbortController();
    const evaluate: FitOptions['evaluate'] = (_, { signal }) => {
      controller.abort();
      signal.throwIfAborted();
      return {};
    };
    const result = await fit(options({ evaluate, signal: controller.signal }));
    expect(result).toMatchObject({ reason: 'interrupted', step: 3, epoch: 0 });
    const again = await fit(options({ resume: true }));
    expect(again).toMatchObject({ reason: 'finished', step: 12 });
    expect(logged('validation')).toHaveLength(4);
  });

  it('a finished run that is resumed stays as it is', async () => {
    const done = await fit(options());
    const again = await fit(options({ resume: true }));
    expect(again).toMatchObject({ reason: 'finished', step: 12, best: done.best });
    expect(bits(again.parameters)).toEqual(bits(done.parameters));
  });

  it('stops at a loss that is not finite, names the term and keeps the batch', async () => {
    const batches = tinyBatches(3, (batch, epoch, index) => {
      if (epoch !== 1 || index !== 1) return batch;
      const data = Float32Array.from(batch.images.data);
      data[0] = Number.NaN;
      return { ...batch, images: { ...batch.images, data } };
    });
    const result = await fit(options({ batches }));
    expect(result).toMatchObject({ reason: 'non-finite', step: 4, epoch: 1 });
    expect(result.message).toMatch(/step 4 \(epoch 2\): \S*loss\S* is not finite/);
    const crash = path.join(folder, 'crash', 'step-00000004');
    expect(readdirSync(crash).sort()).toEqual(['batch.safetensors', 'parameters.safetensors', 'step.json']);
    const { images, culprit } = JSON.parse(readFileSync(path.join(crash, 'step.json'), 'utf8'));
    expect(images[0].id).toBe('1/1/0');
    expect(result.message).toContain(culprit);

    const skipping = await fit(options({ batches, resume: true, onNonFinite: 'skip' }));
    expect(skipping).toMatchObject({ reason: 'finished', step: 12 });
    for (const { data } of skipping.parameters.values()) expect(data.every(Number.isFinite)).toBe(true);
  });

  it('gives up skipping after ten steps in a row', async () => {
    const batches = tinyBatches(30, (batch) => ({
      ...batch,
      images: { ...batch.images, data: new Float32Array(384).fill(Number.NaN) },
    }));
    const result = await fit(options({ batches, onNonFinite: 'skip', folder: null }));
    expect(result).toMatchObject({ reason: 'non-finite', step: 10 });
  });

  it('keeps last, best and every n-th weights, with metadata', async () => {
    const values = [0.2, 0.5, 0.4, 0.3];
    const files: string[] = [];
    const watch: TrainerCallback = { name: 'watch', onCheckpoint: (_, file) => void files.push(path.basename(file)) };
    const result = await fit(
      options({
        evaluate: (_, { epoch }) => ({ ap: values[epoch] as number }),
        checkpoints: { keepEvery: 2, metadata: { model: 'tiny' } },
        callbacks: watch,
      }),
    );
    expect(result.best).toEqual({ metric: 'ap', value: 0.5, epoch: 1, step: 6 });
    expect(readdirSync(path.join(folder, 'weights')).sort()).toEqual(
      ['best', 'epoch-0002', 'epoch-0004', 'last-ema', 'last'].map((name) => `${name}.safetensors`),
    );
    const { metadata } = readHostTensors(path.join(folder, 'weights', 'best.safetensors'));
    expect(metadata).toMatchObject({ model: 'tiny', epoch: '2', step: '6' });
    expect(files.filter((name) => name === 'best.safetensors')).toHaveLength(2);
    expect(readdirSync(path.join(folder, 'state')).length).toBe(2);
  });

  it('evaluates the averaged weights, every n-th epoch and the last', async () => {
    const epochs: number[] = [];
    const parameters = tinyWeights();
    await fit(
      options({
        parameters,
        epochs: 5,
        evaluateEvery: 2,
        evaluate: (weights, { epoch }) => {
          epochs.push(epoch);
          expect(weights.get('body.weight')?.data).not.toEqual(parameters.get('body.weight')?.data);
          return { ap: 0 };
        },
      }),
    );
    expect(epochs).toEqual([1, 3, 4]);
  });

  it('early stopping counts evaluations and is resumed with its count', async () => {
    const evaluate = () => ({ ap: 0.1 });
    const callbacks = () => earlyStopping({ patience: 3 });
    const first = await fit(options({ epochs: 9, evaluate, callbacks: [callbacks(), stopAfter({ epochs: 2 })] }));
    expect(first).toMatchObject({ reason: 'stopped', epoch: 2 });
    const second = await fit(options({ epochs: 9, evaluate, callbacks: callbacks(), resume: true }));
    expect(second).toMatchObject({ reason: 'stopped', epoch: 4 });
    expect(second.message).toMatch(/no gain in ap for 3 evaluations/);
  });

  it('calls the hooks in order, and onFitEnd also when something throws', async () => {
    const seen: string[] = [];
    const watch: TrainerCallback = {
      name: 'watch',
      onFitStart: () => void seen.push('start'),
      onEpochStart: (run) => void seen.push(`epoch ${run.epoch}`),
      onStepEnd: (run) => void seen.push(`step ${run.step}`),
      onValidationEnd: () => void seen.push('validation'),
      onFitEnd: (_, { reason }) => void seen.push(reason),
    };
    await fit(options({ epochs: 2, batches: tinyBatches(1), callbacks: watch, folder: null }));
    expect(seen).toEqual(['start', 'epoch 0', 'step 1', 'validation', 'epoch 1', 'step 2', 'validation', 'finished']);
    seen.length = 0;
    const evaluate = () => {
      throw new Error('no metric');
    };
    await expect(fit(options({ epochs: 2, batches: tinyBatches(1), callbacks: watch, evaluate }))).rejects.toThrow(
      'no metric',
    );
    expect(seen.at(-1)).toBe('failed');
  });

  it('says what is wrong with a resume', async () => {
    await expect(fit(options({ resume: true }))).rejects.toThrow(/last\.json is missing/);
    await fit(options({ callbacks: stopAfter({ steps: 2 }) }));
    await expect(fit(options({ resume: true, seed: 4 }))).rejects.toThrow(/began with seed 3, now it is 4/);
    await expect(fit(options({ resume: true, batches: tinyBatches(5) }))).rejects.toThrow(/has 5 batches.*one of 3/);
    expect(existsSync(path.join(folder, 'state', 'last.json'))).toBe(true);
  });

  it('needs the metric that chooses the best', async () => {
    await expect(fit(options({ evaluate: () => ({ recall: 1 }) }))).rejects.toThrow(
      /chosen by "ap" and the evaluation gave recall/,
    );
  });
});
