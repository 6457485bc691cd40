import path from 'node:path';
import type { LoaderThreads } from '@detrain/data';
import { createEngine } from '@detrain/engine';
import { describeRecipe } from '@detrain/recipes';
import { type FitResult, fit, hasState, type TrainerCallback, type TrainingWorkers } from '@detrain/trainer';
import type { TrainCall } from '../config/of-call.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { userError } from '../errors.ts';
import type { Output } from '../terminal/output.ts';
import { profileTable } from '../terminal/profile-table.ts';
import { startLoadingThreads, startTrainingThreads } from '../threads.ts';
import { announce, compareWithManifest } from './announce.ts';
import { batchSource, trainingLoader } from './batches.ts';
import { openRunData, type RunData } from './data.ts';
import { described } from './describe.ts';
import { detectorRunner } from './detect.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import { createRunFolder, RUN } from './folder.ts';
import { learnerOf } from './learner.ts';
import {
  type Manifest,
  machine,
  readManifest,
  splitRecord,
  versions,
  writeManifest,
  writeResolvedConfig,
} from './manifest.ts';
import { matchesOf } from './matches.ts';
import { freshWeights } from './model.ts';
import { requireFit } from './recipe.ts';
import { writeReport } from './report.ts';
import { emaOf, optimizerOf, scheduleOf, warmupOf } from './settings.ts';
import { settleNorms } from './settle-norms.ts';
import { startFrom, tellReport } from './start-weights.ts';
import { firstImages } from './subset.ts';
import { weightsMetadata } from './weights-file.ts';
import { readSource } from './weights-source.ts';

/** A run as the command line asks for it. */
export interface TrainRequest {
  readonly config: ResolvedConfig;
  readonly call: TrainCall;
  /** The folder of the run to go on with, null for a new run. */
  readonly resume: string | null;
  readonly output: Output;
  readonly signal: AbortSignal;
  /** Whether the parts of a step are measured. */
  readonly profile: boolean;
  readonly callbacks: readonly TrainerCallback[];
  /** Told of images evaluated. */
  readonly onEvaluated?: (done: number, total: number) => void;
}

/** What a run left behind. */
export interface TrainOutcome {
  readonly folder: string;
  readonly result: FitResult;
}

/** Longest share of a run that a warm-up may take unremarked: DEIM's 2000 steps were 3 in 4 of a small set's run (DEIM#5). */
const LONG_WARMUP = 0.1;

/** Images whose matches the report shows. */
const MATCHED_PICTURES = 4;

/** Two steps and one batch to evaluate: enough to meet every part of a run. */
const smokeData = (data: RunData, batchSize: number): RunData => ({
  ...data,
  train: firstImages(data.train, 2 * batchSize),
  val: firstImages(data.val, batchSize),
});

/** Objects of the fullest image. */
const mostTargets = (dataset: RunData['train']): number => {
  let most = 0;
  for (let i = 0; i < dataset.length; i++) most = Math.max(most, dataset.annotations(i).labels.length);
  return most;
};

/** Trains, or goes on training, and writes the run's folder. Throws user errors before anything is written. */
export const trainRun = async (request: TrainRequest): Promise<TrainOutcome> => {
  const { config: asked, call, resume, output, signal } = request;
  const opened = await openRunData(asked);
  const data = call.smoke ? smokeData(opened, asked.batchSize) : opened;
  for (const remark of data.remarks) output.warn(remark);
  const batchSize = Math.min(asked.batchSize, data.train.length);
  const config = { ...asked, batchSize };
  if (batchSize < asked.batchSize)
    output.warn(`There are ${batchSize} images, so a batch has no more (batchSize was ${asked.batchSize}).`);

  const { classes } = data.train;
  const model = { numClasses: classes.length, classes, inputSize: config.inputSize };
  const stepsPerEpoch = Math.floor(data.train.length / batchSize);
  const totalSteps = stepsPerEpoch * config.epochs;
  const warmup = Math.round(warmupOf(config, totalSteps));
  if (warmup > LONG_WARMUP * totalSteps)
    output.warn(
      `The warm-up is ${warmup} of ${totalSteps} steps. Set schedule.warmup to a share of the run, such as 0.05.`,
    );
  if (config.workers > batchSize)
    throw userError(
      `${config.workers} workers for batches of ${batchSize}: each needs an image. Set workers to ${batchSize} or less.`,
    );
  const context = { ...model, epochs: config.epochs, batchSize, stepsPerEpoch, smoke: call.smoke };
  const { detector, recipe } = learnerOf(config, context);
  requireFit(recipe, detector, mostTargets(data.train), output);
  const parameters = freshWeights(detector, config.seed);
  const saved = resume !== null && hasState(path.join(resume, RUN.state), 'last');
  const weights =
    config.weights === null || saved
      ? null
      : startFrom(detector, parameters, await readSource(config.weights.file, config.weights.classes), {
          classes,
          partial: config.weights.partial,
        });

  const engine = await createEngine({
    engine: config.engine,
    profile: request.profile,
    ...(config.threads ? { threads: config.threads } : {}),
  });
  let workers: TrainingWorkers | undefined;
  let loading: LoaderThreads | undefined;
  try {
    const { workers: count, threads } = config;
    if (count > 1)
      workers = await startTrainingThreads({ count, threads, parameters, call, context, profile: request.profile });
    const manifest: Manifest = {
      format: 1,
      created: new Date().toISOString(),
      versions: versions(),
      machine: machine(),
      engine: engine.describe(),
      seed: config.seed,
      model: described(detector),
      recipe: describeRecipe(recipe),
      data: {
        path: data.train.path,
        format: data.train.format,
        train: splitRecord(data.train),
        val: splitRecord(data.val),
      },
      classes,
      categoryIds: data.train.categoryIds,
      inputSize: config.inputSize,
      weights,
      call,
    };
    const folder = resume ?? createRunFolder(config.out, config.name);
    if (resume === null) {
      writeManifest(folder, manifest);
      writeResolvedConfig(folder, config);
    } else compareWithManifest(readManifest(folder), manifest, output);
    announce(output, {
      folder,
      manifest,
      config,
      parameters: [...parameters.values()].reduce((sum, { data: d }) => sum + d.length, 0),
    });
    if (workers) output.say(`workers ${workers.count}`);
    if (weights) tellReport(weights, output);

    if (config.loaderThreads > 0) {
      const { split, length: images } = data.train;
      loading = startLoadingThreads(config.loaderThreads, { call, context, split, images });
    }
    const batches = batchSource(loading ?? trainingLoader(config, data.train, recipe));
    if (weights && weights.unfolded > 0 && config.batchNorm === 'batch') {
      output.say('norms   measured on the data: they were folded away in the file');
      await settleNorms({ engine, detector, parameters, batches });
    }
    const runner = detectorRunner(engine, detector, { batchSize, suppression: recipe.suppression });
    let evaluation = null as Evaluation | null;
    const result = await fit({
      detector,
      recipe,
      engine,
      ...(workers && { workers }),
      profile: request.profile,
      parameters,
      batches,
      optimizer: optimizerOf(detector, config),
      schedule: scheduleOf(config, totalSteps),
      batchStatistics: config.batchNorm === 'batch',
      clip: config.optimizer.clip === false ? null : config.optimizer.clip,
      ema: emaOf(config, totalSteps),
      emaRestart: {
        mode: config.emaRestart,
        epoch: Math.round(config.emaRestartAt * config.epochs),
        decay: config.emaRestartDecay,
      },
      epochs: config.epochs,
      seed: config.seed,
      evaluateEvery: config.evaluateEvery,
      evaluate: async (weights, context) => {
        evaluation = await evaluate({
          runner,
          parameters: weights,
          dataset: data.val,
          batchSize,
          inputSize: config.inputSize,
          signal: context.signal,
          ...(request.onEvaluated && { onBatch: request.onEvaluated }),
        });
        return evaluation.metrics;
      },
      checkpoints: { keepEvery: config.keepEvery, metadata: weightsMetadata(manifest, recipe) },
      folder,
      resume: saved,
      signal,
      onNonFinite: config.onNonFinite,
      logEvery: config.logEvery,
      callbacks: [...request.callbacks, config.callbacks],
    });
    if (result.profile) for (const line of profileTable(result.profile)) output.say(line);
    const matches = await matchesOf({
      runner,
      parameters: result.parameters,
      recipe,
      dataset: data.val,
      inputSize: config.inputSize,
      epoch: result.epoch,
      step: result.step,
      count: MATCHED_PICTURES,
    });
    await writeReport({ folder, manifest, config, result, evaluation, val: data.val, matches });
    return { folder, result };
  } finally {
    await loading?.dispose();
    await workers?.dispose();
    await engine.dispose();
  }
};
