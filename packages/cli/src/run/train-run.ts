import path from 'node:path';
import type { Recipe } from '@detrain/core/tensors';
import { createLoader } from '@detrain/data';
import { createEngine } from '@detrain/engine';
import { describeRecipe } from '@detrain/recipes';
import { type BatchSource, type FitResult, fit, hasState, type TrainerCallback } from '@detrain/trainer';
import type { Overrides, ResolvedConfig } from '../config/resolve.ts';
import type { Output } from '../terminal/output.ts';
import { announce, compareWithManifest } from './announce.ts';
import { openRunData, type RunData } from './data.ts';
import { described } from './describe.ts';
import { detectorRunner } from './detect.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import { createRunFolder, RUN } from './folder.ts';
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
import { buildDetector, freshWeights, useWeights } from './model.ts';
import { recipeOf, requireFit } from './recipe.ts';
import { writeReport } from './report.ts';
import { emaOf, optimizerOf, scheduleOf, warmupOf } from './settings.ts';
import { firstImages } from './subset.ts';
import { weightsMetadata } from './weights-file.ts';

/** A run as the command line asks for it. */
export interface TrainRequest {
  readonly config: ResolvedConfig;
  readonly call: { readonly config: string | null; readonly overrides: Overrides; readonly smoke: boolean };
  /** The folder of the run to go on with, null for a new run. */
  readonly resume: string | null;
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly callbacks: readonly TrainerCallback[];
  /** Told of images evaluated. */
  readonly onEvaluated?: (done: number, total: number) => void;
}

/** What a run left behind. */
export interface TrainOutcome {
  readonly folder: string;
  readonly result: FitResult;
}

/** Images whose matches the report shows. */
const MATCHED_PICTURES = 4;

const batchesOf = (config: ResolvedConfig, data: RunData, recipe: Recipe): BatchSource => {
  const loader = createLoader({
    dataset: data.train,
    batchSize: config.batchSize,
    size: config.inputSize,
    augmentations: recipe.augmentations,
    batchAugmentations: recipe.batchAugmentations,
    seed: config.seed,
    epochs: config.epochs,
  });
  return { batchesPerEpoch: loader.stepsPerEpoch, batches: (epoch, from) => loader.epoch(epoch, from) };
};

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
  if (warmup > totalSteps / 4)
    output.warn(
      `The warm-up is ${warmup} of ${totalSteps} steps. Set schedule.warmup to a share of the run, such as 0.05.`,
    );
  const detector = buildDetector(config.model, model);
  const recipe = recipeOf(config, detector, {
    ...model,
    epochs: config.epochs,
    batchSize,
    stepsPerEpoch,
    smoke: call.smoke,
  });
  requireFit(recipe, detector, mostTargets(data.train), output);
  const parameters = freshWeights(detector, config.seed);
  if (config.weights !== undefined && resume === null) {
    const { loaded, missing, mismatched } = useWeights(detector, parameters, config.weights);
    output.say(`weights: ${loaded} tensors of ${config.weights}; ${missing.length + mismatched.length} stay fresh`);
  }

  const engine = await createEngine({ engine: config.engine, ...(config.threads ? { threads: config.threads } : {}) });
  try {
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

    const runner = detectorRunner(engine, detector, { batchSize, suppression: recipe.suppression });
    let evaluation = null as Evaluation | null;
    const result = await fit({
      detector,
      recipe,
      engine,
      parameters,
      batches: batchesOf(config, data, recipe),
      optimizer: optimizerOf(detector, config),
      schedule: scheduleOf(config, totalSteps),
      clip: config.optimizer.clip === false ? null : config.optimizer.clip,
      ema: emaOf(config, totalSteps),
      emaRestart: { mode: config.emaRestart, epoch: Math.round(config.emaRestartAt * config.epochs) },
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
      resume: resume !== null && hasState(path.join(folder, RUN.state), 'last'),
      signal,
      onNonFinite: config.onNonFinite,
      logEvery: config.logEvery,
      callbacks: [...request.callbacks, config.callbacks],
    });
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
    await engine.dispose();
  }
};
