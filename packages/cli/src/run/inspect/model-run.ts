import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Assigner } from '@detrain/core';
import type { DetectionDataset } from '@detrain/data';
import { createEngine } from '@detrain/engine';
import { numberOption } from '../../command.ts';
import { loadConfig, shortName } from '../../config/load.ts';
import { resolveConfig, withOverrides } from '../../config/resolve.ts';
import type { Output } from '../../terminal/output.ts';
import { RUN } from '../folder.ts';
import { readManifest } from '../manifest.ts';
import { recipeOf } from '../recipe.ts';
import { firstImages } from '../subset.ts';
import { queryOf, readWeights, type UsableWeights } from '../weights-file.ts';
import { predictAll } from './predict.ts';
import type { Recording } from './recording.ts';

/** Options of the command line that say which model is meant, and how it runs. */
export interface ModelOptions {
  readonly config?: string | undefined;
  readonly model?: string | undefined;
  readonly 'weights-classes'?: string | undefined;
  readonly size?: string | undefined;
  readonly engine?: string | undefined;
  readonly threads?: string | undefined;
}

/** What a model has to say. */
export interface ModelRun {
  readonly recording: Recording;
  /** The assigner of the run's recipe, or of the one that the model was published with. */
  readonly assigner: Assigner;
  /** Epochs of the run: matching is that of its end. */
  readonly epochs: number;
}

/** The recipe as the run had it; the published one where its config is gone, which is said. */
const recipeFor = async (target: string, used: UsableWeights, parsed: ModelOptions, output: Output) => {
  const call = existsSync(path.join(target, RUN.manifest)) ? readManifest(target).call : null;
  const named = parsed.config ?? call?.config ?? undefined;
  const file = named && path.resolve(named);
  if (file && parsed.config === undefined && !existsSync(file))
    output.warn(`${shortName(file)} is gone: recipe is the one that ${used.detector.name} was published with.`);
  const given = file && existsSync(file) ? await loadConfig(file, { smoke: call?.smoke ?? false }) : {};
  const config = resolveConfig(withOverrides(given, call?.overrides ?? {}));
  const { epochs, batchSize } = config;
  const { classes, inputSize, detector } = used;
  const context = { numClasses: classes.length, classes, inputSize, epochs, batchSize, stepsPerEpoch: 1, smoke: false };
  return { assigner: recipeOf({ ...config, multiScale: false }, detector, context).assigner, epochs };
};

/** Runs weights on the first images of a data set. Classes that they do not know get fresh rows, which is said. */
export const runModel = async (
  target: string,
  dataset: DetectionDataset,
  count: number,
  parsed: ModelOptions,
  output: Output,
): Promise<ModelRun> => {
  const used = await readWeights(target, { ...queryOf(parsed), wanted: dataset.classes, freshRows: true });
  if (used.freshRows.length > 0)
    output.warn(
      `${used.file} does not know ${used.freshRows.join(', ')}: their scores are random, as at the start of fine-tuning.`,
    );
  const { detector, parameters, inputSize } = used;
  const recipe = await recipeFor(target, used, parsed, output);
  const threads = numberOption(parsed.threads, 'threads', { integer: true, min: 1 });
  const engine = await createEngine({ engine: (parsed.engine ?? 'auto') as 'auto', ...(threads ? { threads } : {}) });
  try {
    const images = firstImages(dataset, count);
    return { ...recipe, recording: await predictAll({ engine, detector, parameters, dataset: images, inputSize }) };
  } finally {
    await engine.dispose();
  }
};
