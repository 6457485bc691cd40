import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEngine, type Engine } from '@detrain/engine';
import { eagerEngine } from '@detrain/tooling/eager';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { emaRestartPolicy } from '../src/ema-restart.ts';
import { type FitOptions, fit, loadState, type TrainerCallback } from '../src/index.ts';
import { tinyBatches, tinyDetector, tinyOptimizer, tinyRecipe, tinyWeights } from './tiny.ts';

describe('emaRestartPolicy', () => {
  it('begins once, from the best of stage 1, and reloads at each evaluation that is no new best', () => {
    const policy = emaRestartPolicy({ mode: 'intended', epoch: 2, decay: 0.9999 });
    expect(policy.begin(0, null)).toBeNull();
    expect(policy.isFirstStage(1)).toBe(true);
    expect(policy.evaluated(1, 0.1)).toBeNull();
    expect(policy.begin(2, 0.3)).toMatchObject({ reload: true, decay: 0.9999 });
    expect(policy.isFirstStage(2)).toBe(false);
    // Compared with stage 1's best first; then forgotten, so that the next evaluation is a best again.
    expect(policy.evaluated(2, 0.25)?.decay).toBeCloseTo(0.9998, 10);
    expect(policy.begin(3, 0.3)).toBeNull();
    expect(policy.evaluated(3, 0.2)).toBeNull();
    expect(policy.evaluated(4, 0.21)).toBeNull();
    expect(policy.evaluated(5, 0.21)?.decay).toBeCloseTo(0.9997, 10);
  });

  it('leaves the decay alone in the official way, and does nothing when off', () => {
    const official = emaRestartPolicy({ mode: 'official-noop', epoch: 1 });
    expect(official.begin(1, 0.5)).toMatchObject({ reload: true, decay: null });
    expect(official.evaluated(1, 0.4)).toMatchObject({ reload: true, decay: null });
    const off = emaRestartPolicy({ mode: 'off', epoch: 1 });
    expect([off.begin(1, 0.5), off.evaluated(1, 0.4), off.isFirstStage(0)]).toEqual([null, null, false]);
  });

  it('goes on from its saved state', () => {
    const policy = emaRestartPolicy({ mode: 'intended', epoch: 1, decay: 0.99 });
    policy.begin(1, 0.5);
    policy.evaluated(1, 0.4);
    const resumed = emaRestartPolicy({ mode: 'intended', epoch: 1, decay: 0.99 });
    resumed.loadState(JSON.parse(JSON.stringify(policy.saveState())));
    expect(resumed.begin(2, 0.5)).toBeNull();
    expect(resumed.evaluated(2, 0.1)).toBeNull();
    expect(resumed.evaluated(3, 0.1)).toEqual(policy.evaluated(2, 0.1) ?? policy.evaluated(3, 0.1));
  });
});

describe('fit with a restart', () => {
  let engine: Engine;
  let folder: string;
  beforeAll(async () => {
    engine = await createEngine({ engine: eagerEngine });
  });
  afterAll(() => engine.dispose());
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'detrain-restart-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const values = [0.2, 0.5, 0.4, 0.6, 0.55, 0.1];
  const options = (changes: Partial<FitOptions> = {}): FitOptions => ({
    detector: tinyDetector,
    recipe: tinyRecipe,
    engine,
    parameters: tinyWeights(),
    batches: tinyBatches(2),
    optimizer: tinyOptimizer(),
    ema: { decay: 0.9, warmups: 5 },
    emaRestart: { mode: 'intended', epoch: 3, decay: 0.95 },
    epochs: 6,
    evaluate: (_, { epoch }) => ({ ap: values[epoch] as number }),
    folder,
    ...changes,
  });

  it('goes back to the best of stage 1 with its moments and average, and counts on', async () => {
    let atStart: Float32Array | undefined;
    const parameters = tinyWeights();
    const watch: TrainerCallback = {
      name: 'watch',
      onEpochStart: (run) => {
        const weight = run.parameters.get('body.weight');
        if (run.epoch === 3 && weight) atStart = (weight.data as Float32Array).slice();
      },
    };
    const result = await fit(options({ parameters, callbacks: watch }));
    expect(result).toMatchObject({ reason: 'finished', step: 12, best: { value: 0.6, epoch: 3 } });
    const stage1 = loadState(path.join(folder, 'state'), 'best-stage1');
    expect(stage1.counters).toMatchObject({ epoch: 1, step: 4 });
    expect(atStart).toEqual(stage1.parameters['body.weight']?.data);
    const events = readFileSync(path.join(folder, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ kind }) => kind === 'event');
    expect(events.map(({ epoch }) => epoch)).toEqual([3, 4]);
    expect(events[0].message).toMatch(/stage 2 begins from the best of stage 1 \(decay 0.95\)/);
  });

  it('resumes in stage 2 bit for bit, which the official code cannot', async () => {
    const [whole, parts] = [path.join(folder, 'whole'), path.join(folder, 'parts')];
    const straight = await fit(options({ folder: whole }));
    const stop: TrainerCallback = { name: 'stop', onStepEnd: (run) => run.step === 9 && run.stop('test') };
    await fit(options({ folder: parts, callbacks: stop }));
    const resumed = await fit(options({ folder: parts, resume: true }));
    expect(Object.fromEntries(resumed.parameters)).toEqual(Object.fromEntries(straight.parameters));
    expect(loadState(path.join(parts, 'state'), 'last')).toEqual(loadState(path.join(whole, 'state'), 'last'));
  });

  it('says so when stage 1 has no best', async () => {
    await fit(options({ evaluateEvery: 6 }));
    expect(readFileSync(path.join(folder, 'metrics.jsonl'), 'utf8')).toMatch(/stage 1 has no best to go back to/);
  });
});
