import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { nearest } from '@detrain/core';
import type { Detector } from '@detrain/core/tensors';
import { COCO_CLASSES } from '@detrain/data';
import { createDetector, type DetectorConfig, zoo } from '@detrain/models';
import { loadConfig } from '../../config/load.ts';
import { type ResolvedConfig, resolveConfig } from '../../config/resolve.ts';
import type { DetrainConfig } from '../../config/types.ts';
import { userError } from '../../errors.ts';
import { openRunData } from '../data.ts';
import { likelyModels } from '../likely-models.ts';
import { buildDetector } from '../model.ts';
import { isPublished } from '../published.ts';
import { readSource, type WeightsSource } from '../weights-source.ts';

/** What a file of weights says of itself. */
export interface FileFacts {
  readonly path: string;
  readonly bytes: number;
  readonly format: WeightsSource['format'];
  readonly dtypes: WeightsSource['dtypes'];
  readonly part: string | null;
  readonly tensors: number;
  /** Models that it looks like, where it does not say which it is of. */
  readonly looksLike: readonly string[] | null;
}

/** What `detrain info` tells of: a model of a config, of the zoo or of a file of weights. */
export interface Subject {
  readonly detector: Detector;
  readonly config: ResolvedConfig;
  /** Names of the classes; null where nothing names them. */
  readonly classes: readonly (string | null)[] | null;
  readonly file: FileFacts | null;
}

/** How a subject is named on the command line. */
export interface SubjectQuery {
  readonly model?: string | undefined;
  /** Side of the images in pixels. */
  readonly size?: number | undefined;
  readonly batch?: number | undefined;
}

const CONFIG = /\.[cm]?[jt]s$/;

const built = (config: ResolvedConfig, classes: readonly (string | null)[]): Detector =>
  buildDetector(config.model, {
    numClasses: classes.length,
    classes: classes.map((name) => name ?? ''),
    inputSize: config.inputSize,
  });

const resolved = (config: DetrainConfig, { size, batch }: SubjectQuery): ResolvedConfig =>
  resolveConfig({ ...config, ...(size && { inputSize: size }), ...(batch && { batchSize: batch }) });

/** A model under a config; its data set's classes where it is at hand, else COCO's. */
const ofConfig = async (given: DetrainConfig, query: SubjectQuery): Promise<Subject> => {
  const config = resolved(query.model === undefined ? given : { ...given, model: query.model }, query);
  const { path: data } = config.data;
  const own = data !== undefined && existsSync(data) ? (await openRunData(config)).train.classes : null;
  return { detector: built(config, own ?? COCO_CLASSES), config, classes: own ?? COCO_CLASSES, file: null };
};

/** The model of a file's own metadata (a run's weights), as far as it is one of the zoo's parts. */
const configOf = ({ metadata }: WeightsSource): DetectorConfig | null => {
  const config = JSON.parse(metadata['config'] ?? '{}') as Partial<DetectorConfig>;
  return config.backbone ? (config as DetectorConfig) : null;
};

const ofWeights = async (target: string, query: SubjectQuery): Promise<Subject> => {
  const source = await readSource(target);
  const { file, format, dtypes, part = null, tensors, metadata, rows, classes } = source;
  const own = query.model === undefined ? configOf(source) : null;
  const looksLike = own || query.model !== undefined ? null : likelyModels(tensors);
  const model = own?.name ?? query.model ?? looksLike?.[0];
  if (model === undefined)
    throw userError(
      `${file} (${format}, ${tensors.size} tensors) looks like no model of the zoo. Name its model: --model NAME`,
    );
  const [height, width] = own?.inputSize ?? (JSON.parse(metadata['inputSize'] ?? '[]') as number[]);
  const inputSize = height && width ? { inputSize: [width, height] as const } : {};
  const config = resolved({ model, ...inputSize }, query);
  const known = classes ?? Array.from({ length: rows ?? COCO_CLASSES.length }, () => null);
  const [w, h] = config.inputSize;
  return {
    detector: own ? createDetector({ ...own, inputSize: [h, w] }) : built(config, known),
    config,
    classes,
    file: { path: file, bytes: statSync(file).size, format, dtypes, part, tensors: tensors.size, looksLike },
  };
};

/** The model that a name means. Throws a user error for a name that is none. */
export const subjectOf = async (target: string, query: SubjectQuery): Promise<Subject> => {
  if (Object.hasOwn(zoo, target)) return ofConfig({ model: target }, query);
  const meant = existsSync(target) || isPublished(target) ? null : nearest(target, Object.keys(zoo));
  if (meant !== null) throw userError(`${target} is no model of the zoo, and no file. Did you mean ${meant}?`);
  return CONFIG.test(target) && existsSync(target)
    ? ofConfig(await loadConfig(path.resolve(target), { smoke: false }), query)
    : ofWeights(target, query);
};
