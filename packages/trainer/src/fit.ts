import path from 'node:path';
import { stateDict } from '@detrain/checkpoint';
import { createRng } from '@detrain/core';
import type { Training } from '@detrain/engine';
import { constant, createEma } from '@detrain/optim';
import type { Batch } from './batch.ts';
import { type Best, flattenCallbacks, type Metrics, type Outcome, type Run, type StepRecord } from './callbacks.ts';
import { saveCrash } from './crash.ts';
import { emaRestartPolicy, type RestartAction } from './ema-restart.ts';
import type { FitOptions, FitResult } from './fit-options.ts';
import { createProfiler, type Profile } from './profile.ts';
import { detectionProgram } from './program.ts';
import { runFiles } from './run-files.ts';
import { copyInto, hasState, loadState, saveState } from './state.ts';
import { trainStep } from './step.ts';

/** Steps in a row that may be left out before `onNonFinite: 'skip'` gives up. */
const MAX_SKIPPED = 10;

/**
 * Trains a detector with a recipe.
 *
 * A run is a function of its options: every random draw comes from a stream named by seed, epoch and step, so a run that was
 * interrupted anywhere and resumed ends in the same bits as one that was not. Never throws for what happens while training
 * (a loss that is not finite, an interruption): it says so in the result. Errors of callbacks, data and evaluation are thrown,
 * after `onFitEnd`.
 */
export const fit = async (options: FitOptions): Promise<FitResult> => {
  const { detector, recipe, engine, parameters, batches, optimizer, schedule = constant(), clip = 0.1 } = options;
  const { epochs, seed = 0, evaluate, evaluateEvery = 1, folder = null, resume = false, logEvery = 1 } = options;
  const { onNonFinite = 'stop', signal = new AbortController().signal, batchStatistics = true } = options;
  const { metric = 'ap', keepEvery = 0, metadata = {} } = options.checkpoints ?? {};

  const stepsPerEpoch = batches.batchesPerEpoch;
  const totalSteps = epochs * stepsPerEpoch;
  const rng = createRng(seed).fork('fit');
  const callbacks = flattenCallbacks(options.callbacks);
  const ema = options.ema === null ? null : createEma(parameters, options.ema);
  const restart = emaRestartPolicy(options.emaRestart ?? { mode: 'off', epoch: epochs });
  const stateFolder = folder === null ? null : path.join(folder, 'state');
  const files = runFiles(folder);

  // Where the run stands. These four and the tensors are its whole state.
  let epoch = 0;
  let stepInEpoch = 0;
  let step = 0;
  let best = null as Best | null;

  let metrics = null as Metrics | null;
  let stopping = null as Outcome | null;
  let skipped = 0;

  const run: Run = {
    folder,
    epochs,
    stepsPerEpoch,
    totalSteps,
    get epoch() {
      return epoch;
    },
    get step() {
      return step;
    },
    get progress() {
      return totalSteps === 0 ? 1 : step / totalSteps;
    },
    get best() {
      return best;
    },
    parameters,
    // The average leaves out what is not float32; nothing of a model is, but the weights come first to be sure.
    evaluated: ema ? new Map([...parameters, ...ema.parameters]) : parameters,
    stop: (message) => {
      stopping ??= { reason: 'stopped', message };
    },
  };

  const save = (name = 'last') => {
    if (stateFolder === null) return;
    const states = callbacks.flatMap((c) => (c.saveState ? [[c.name, c.saveState()] as const] : []));
    saveState(stateFolder, name, {
      counters: {
        format: 1,
        seed,
        epoch,
        stepInEpoch,
        step,
        epochs,
        stepsPerEpoch,
        best,
        refresh: restart.saveState(),
        callbacks: Object.fromEntries(states),
      },
      parameters: Object.fromEntries(parameters),
      optimizer: optimizer.state(),
      ema: ema?.state() ?? {},
    });
  };

  /** Puts back the tensors of a saved state and gives its counters. */
  const restore = (name: string) => {
    const state = loadState(stateFolder as string, name);
    copyInto(parameters, state.parameters);
    optimizer.load(state.optimizer);
    if (ema && Object.keys(state.ema).length > 0) ema.load(state.ema);
    return state.counters;
  };

  const resumeRun = () => {
    if (stateFolder === null)
      throw new Error(
        'trainer: resume is set and folder is null. A run resumes from its folder. Give the folder of the run.',
      );
    const saved = restore('last');
    if (saved.seed !== seed)
      throw new Error(
        `trainer: the run began with seed ${saved.seed}, now it is ${seed}. Resume with the seed of the run.`,
      );
    if (saved.stepInEpoch > 0 && saved.stepsPerEpoch !== stepsPerEpoch)
      throw new Error(
        `trainer: an epoch has ${stepsPerEpoch} batches, and the run stopped inside one of ${saved.stepsPerEpoch}. ` +
          'Resume with the data and the batch size of the run.',
      );
    ({ epoch, stepInEpoch, step, best } = saved);
    restart.loadState(saved.refresh);
    for (const callback of callbacks) {
      const state = saved.callbacks[callback.name];
      if (state !== undefined) callback.loadState?.(state);
    }
    files.rewind(epoch, step);
  };

  const keepWeights = async (name: string, weights: Run['evaluated']) => {
    const whole = stateDict(detector.parameters, weights);
    const file = files.weights(name, whole, { ...metadata, epoch: String(epoch + 1), step: String(step) });
    if (folder !== null) for (const callback of callbacks) await callback.onCheckpoint?.(run, file);
  };

  const refresh = (action: RestartAction | null) => {
    if (!action) return;
    const reloaded = action.reload && stateFolder !== null && hasState(stateFolder, 'best-stage1');
    if (reloaded) restore('best-stage1');
    if (action.decay !== null) ema?.setDecay(action.decay);
    const message = reloaded ? action.message : `${action.message}; stage 1 has no best to go back to`;
    files.log({ kind: 'event', epoch, step, message });
  };

  /** One step. Gives an outcome when the run must end. */
  const oneStep = async (batch: Batch, waited: number): Promise<Outcome | null> => {
    const started = performance.now();
    const rate = schedule(step);
    const result = await trainStep({
      training,
      detector,
      recipe,
      parameters,
      optimizer,
      batch,
      rng: rng.fork(`step/${step}`),
      epoch,
      step,
      progress: run.progress,
      rate,
      clip: clip ?? 0,
      ...(ema && { ema }),
    });
    const { total, terms, gradientNorm, nonFinite: culprit } = result;
    skipped = culprit === null ? 0 : skipped + 1;
    if (culprit !== null) {
      const found = { epoch, step, culprit, total, terms, gradientNorm };
      const where =
        folder === null ? '' : ` The batch and the weights are in ${saveCrash(folder, found, batch, parameters)}.`;
      const message = `step ${step} (epoch ${epoch + 1}): ${culprit} is not finite.${where}`;
      files.log({ kind: 'event', epoch, step, message });
      if (onNonFinite === 'stop' || skipped > MAX_SKIPPED) return { reason: 'non-finite', message };
    }
    step++;
    stepInEpoch++;
    const [, height = 0, width = 0] = batch.images.shape;
    const record: StepRecord = {
      step,
      epoch,
      stepInEpoch,
      loss: total,
      terms,
      gradientNorm,
      learningRate: (optimizer.groups.at(-1)?.learningRate ?? 0) * rate,
      images: batch.ids.length,
      targets: batch.targets.reduce((sum, { labels }) => sum + labels.length, 0),
      size: [width, height],
      seconds: { data: waited, ...result.seconds, total: (performance.now() - started) / 1000 + waited },
    };
    if (step % logEvery === 0) files.log({ kind: 'step', ...record, memory: process.memoryUsage().rss });
    await profiler?.add(record);
    for (const callback of callbacks) await callback.onStepEnd?.(run, record);
    return null;
  };

  const trainEpoch = async (): Promise<Outcome | null> => {
    let free = performance.now();
    for await (const batch of batches.batches(epoch, stepInEpoch)) {
      const outcome = await oneStep(batch, (performance.now() - free) / 1000);
      if (outcome) return outcome;
      if (signal.aborted) return { reason: 'interrupted', message: `interrupted after step ${step}` };
      if (stopping) return stopping;
      free = performance.now();
    }
    return null;
  };

  /** Evaluates and keeps what the policy says. Gives an outcome when it was interrupted. */
  const validate = async (): Promise<Outcome | null> => {
    if (!evaluate || ((epoch + 1) % evaluateEvery !== 0 && epoch + 1 !== epochs)) return null;
    // An evaluation can take long: what was trained is safe before it begins.
    save();
    try {
      metrics = await evaluate(run.evaluated, { epoch, step, signal });
    } catch (error) {
      if (signal.aborted) return { reason: 'interrupted', message: `interrupted while evaluating epoch ${epoch + 1}` };
      throw error;
    }
    files.log({ kind: 'validation', epoch, step, metrics });
    const value = metrics[metric];
    if (value === undefined)
      throw new Error(
        `trainer: the best weights are chosen by "${metric}" and the evaluation gave ${Object.keys(metrics).join(', ') || 'nothing'}. ` +
          'Set checkpoints.metric to one of those.',
      );
    if (Number.isFinite(value) && value > (best?.value ?? Number.NEGATIVE_INFINITY)) {
      best = { metric, value, epoch, step };
      await keepWeights('best', run.evaluated);
      if (restart.isFirstStage(epoch)) save('best-stage1');
    }
    for (const callback of callbacks) await callback.onValidationEnd?.(run, metrics);
    refresh(restart.evaluated(epoch, value));
    return null;
  };

  const own = options.workers ? null : engine.training(detectionProgram(detector, recipe, { batchStatistics }));
  const training = options.workers ?? (own as Training);
  const profiler = options.profile ? createProfiler(training) : null;
  let profile = null as Profile | null;
  let outcome = null as Outcome | null;
  try {
    if (resume) resumeRun();
    for (const callback of callbacks) await callback.onFitStart?.(run);
    while (epoch < epochs && !outcome) {
      refresh(restart.begin(epoch, best?.value ?? null));
      for (const callback of callbacks) await callback.onEpochStart?.(run);
      outcome = (await trainEpoch()) ?? (await validate());
      await keepWeights('last', parameters);
      if (ema) await keepWeights('last-ema', run.evaluated);
      if (!outcome) {
        if (keepEvery > 0 && (epoch + 1) % keepEvery === 0)
          await keepWeights(`epoch-${String(epoch + 1).padStart(4, '0')}`, run.evaluated);
        epoch++;
        stepInEpoch = 0;
        outcome =
          stopping ??
          (signal.aborted && epoch < epochs
            ? { reason: 'interrupted', message: `interrupted after epoch ${epoch}` }
            : null);
      }
      save();
    }
    if (profiler) {
      profile = await profiler.end();
      files.profile(profile);
    }
    outcome ??= { reason: 'finished', message: `${epoch} epochs, ${step} steps` };
  } catch (error) {
    outcome = { reason: 'failed', message: error instanceof Error ? error.message : String(error), error };
    throw error;
  } finally {
    for (const callback of callbacks) await callback.onFitEnd?.(run, outcome as Outcome);
    await own?.dispose();
  }
  return { ...(outcome as Outcome), epoch, step, best, metrics, parameters: run.evaluated, profile };
};
