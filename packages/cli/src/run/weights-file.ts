import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { loadWeights, readHostTensors } from '@detrain/checkpoint';
import type { HostTensor, Suppression } from '@detrain/core';
import type { Detector, Recipe } from '@detrain/core/tensors';
import { createDetector, type DetectorConfig } from '@detrain/models';
import { loadConfig } from '../config/load.ts';
import type { ModelContext } from '../config/types.ts';
import { userError } from '../errors.ts';
import { version } from '../version.ts';
import { RUN } from './folder.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { buildDetector } from './model.ts';

/** Weights and all that it takes to use them. */
export interface UsableWeights {
  readonly file: string;
  readonly detector: Detector;
  readonly parameters: ReadonlyMap<string, HostTensor>;
  readonly classes: readonly string[];
  readonly categoryIds: readonly number[];
  readonly inputSize: readonly [width: number, height: number];
  readonly suppression: Suppression;
}

/** What every file of weights says about itself. */
export const weightsMetadata = (
  { model, classes, categoryIds, inputSize }: Pick<Manifest, 'model' | 'classes' | 'categoryIds' | 'inputSize'>,
  { suppression }: Pick<Recipe, 'suppression'>,
): Record<string, string> => ({
  format: 'pt',
  detrain: version,
  model: model.name,
  config: JSON.stringify(model.options),
  classes: JSON.stringify(classes),
  categoryIds: JSON.stringify(categoryIds),
  inputSize: JSON.stringify(inputSize),
  suppression: JSON.stringify(suppression),
});

/** The file that a run's folder or a path means: `weights/best`, else `last-ema`, else `last`. */
export const weightsFile = (target: string): string => {
  if (!existsSync(target)) throw userError(`${target} does not exist. Name a run's folder or a .safetensors file.`);
  if (!statSync(target).isDirectory()) return target;
  for (const name of ['best', 'last-ema', 'last'])
    for (const folder of [path.join(target, RUN.weights), target]) {
      const file = path.join(folder, `${name}.safetensors`);
      if (existsSync(file)) return file;
    }
  throw userError(`${target} has no weights yet. A run writes weights/last.safetensors after its first epoch.`);
};

/** A model of one's own is rebuilt by the config that named it: the one given, or the one of the run. */
const ownDetector = async (
  target: string,
  named: string | undefined,
  context: ModelContext,
): Promise<Detector | null> => {
  const run = existsSync(path.join(target, RUN.manifest)) ? readManifest(target).call : null;
  const file = named ?? run?.config;
  if (!file) return null;
  const { model } = await loadConfig(path.resolve(file), { smoke: run?.smoke ?? false });
  return typeof model === 'function' ? buildDetector(model, context) : null;
};

/**
 * Reads weights that a run wrote and rebuilds their detector. Throws a user error when the file does not say what it is.
 *
 * @param config the config file of a model that is not of the zoo; the run's own where `target` is its folder
 */
export const readWeights = async (target: string, config?: string): Promise<UsableWeights> => {
  const file = weightsFile(target);
  const { tensors, metadata } = readHostTensors(file);
  const json = <T>(key: string): T => {
    const text = metadata[key];
    if (text === undefined)
      throw userError(
        `${file} does not say its ${key}: detrain did not write it. Train from it instead: detrain train --weights ${file} --data DIR`,
      );
    return JSON.parse(text) as T;
  };
  const classes = json<string[]>('classes');
  const inputSize = json<[number, number]>('inputSize');
  const built = json<Partial<DetectorConfig>>('config');
  const detector = built.backbone
    ? createDetector(built as DetectorConfig)
    : await ownDetector(target, config, { numClasses: classes.length, classes, inputSize });
  if (!detector)
    throw userError(
      `${file} holds ${metadata['model']}, a model that is not of the zoo. Name the config that builds it: --config FILE`,
    );
  return {
    file,
    detector,
    parameters: loadWeights(detector.parameters, tensors).parameters,
    classes,
    categoryIds: json('categoryIds'),
    inputSize,
    suppression: json('suppression'),
  };
};
