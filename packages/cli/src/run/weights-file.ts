import { existsSync } from 'node:fs';
import path from 'node:path';
import type { HostTensor, Suppression } from '@detrain/core';
import type { Detector, Recipe } from '@detrain/core/tensors';
import { COCO_CATEGORY_IDS, COCO_CLASSES } from '@detrain/data';
import { createDetector, type DetectorConfig } from '@detrain/models';
import { numberOption } from '../command.ts';
import { loadConfig } from '../config/load.ts';
import { resolveConfig } from '../config/resolve.ts';
import type { ModelContext, WeightsConfig } from '../config/types.ts';
import { userError } from '../errors.ts';
import { version } from '../version.ts';
import { RUN } from './folder.ts';
import { likelyModels } from './likely-models.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { buildDetector, freshWeights } from './model.ts';
import { published } from './published.ts';
import { recipeOf } from './recipe.ts';
import { startFrom, type WeightsReport } from './start-weights.ts';
import { readSource, type WeightsSource, weightsClasses } from './weights-source.ts';

/** Weights and all that it takes to use them. */
export interface UsableWeights {
  readonly file: string;
  readonly detector: Detector;
  readonly parameters: ReadonlyMap<string, HostTensor>;
  readonly classes: readonly string[];
  readonly categoryIds: readonly number[];
  readonly inputSize: readonly [width: number, height: number];
  readonly suppression: Suppression;
  /** Classes whose rows are fresh. */
  readonly freshRows: readonly string[];
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

/** How weights are to be read, where they do not say it themselves. */
export interface WeightsQuery {
  /** The config file of a model that is not of the zoo; the run's own where its folder is named. */
  readonly config?: string | undefined;
  /** A model of the zoo, for a file that does not say what it is. */
  readonly model?: string | undefined;
  /** The classes of the file's rows. */
  readonly classes?: WeightsConfig['classes'] | undefined;
  /** Side of the images in pixels. */
  readonly size?: number | undefined;
  /** The classes to look for; rows are taken by name. Default: all that the file knows. */
  readonly wanted?: readonly string[];
  /** Whether classes that the file lacks may begin with fresh rows, as at the start of fine-tuning. Default: that is an error. */
  readonly freshRows?: boolean;
}

/** The query of a command's options. */
export const queryOf = (parsed: {
  readonly config?: string | undefined;
  readonly model?: string | undefined;
  readonly 'weights-classes'?: string | undefined;
  readonly size?: string | undefined;
}): WeightsQuery => ({
  config: parsed.config,
  model: parsed.model,
  size: numberOption(parsed.size, 'size', { integer: true, min: 32 }),
  classes: parsed['weights-classes'] === undefined ? undefined : weightsClasses(parsed['weights-classes']),
});

/** What a detector is built from, and how it is used. */
type Usage = Pick<UsableWeights, 'detector' | 'classes' | 'inputSize' | 'suppression'>;

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

/** Weights that a run wrote. */
const usageOfRun = async (target: string, { file, metadata }: WeightsSource, query: WeightsQuery): Promise<Usage> => {
  const json = <T>(key: string): T => JSON.parse(metadata[key] ?? 'null') as T;
  const classes = query.wanted ?? json<string[]>('classes');
  const inputSize: UsableWeights['inputSize'] = query.size ? [query.size, query.size] : json('inputSize');
  const built = json<Partial<DetectorConfig>>('config');
  const detector = built.backbone
    ? createDetector({ ...(built as DetectorConfig), numClasses: classes.length })
    : await ownDetector(target, query.config, { numClasses: classes.length, classes, inputSize });
  if (!detector)
    throw userError(
      `${file} holds ${metadata['model']}, a model that is not of the zoo. Name the config that builds it: --config FILE`,
    );
  return { detector, classes, inputSize, suppression: json('suppression') };
};

/** The size that an ONNX model was exported for, width first; its file has the height first. */
const exportedSize = ({ format, metadata }: WeightsSource): UsableWeights['inputSize'] | undefined => {
  const [height, width] = (format === 'onnx' ? JSON.parse(metadata['inputSize'] ?? '[]') : []) as number[];
  return height && width ? [width, height] : undefined;
};

/** Weights of another program: the user says what they are. */
const usageOfOthers = async (target: string, source: WeightsSource, query: WeightsQuery): Promise<Usage> => {
  const { file, tensors } = source;
  const given = query.config === undefined ? {} : await loadConfig(path.resolve(query.config), { smoke: false });
  const model = query.model ?? given.model ?? published[target]?.model ?? null;
  if (model === null) {
    const likely = likelyModels(tensors);
    throw userError(
      `${file} does not say which model it is of. ${
        likely.length > 0 ? `It looks like ${likely.join(' or ')}: add --model ${likely[0]}` : 'Name it: --model NAME'
      }, or --config FILE.`,
    );
  }
  const classes = query.wanted ?? source.classes?.filter((name) => name !== null);
  if (!classes)
    throw userError(
      `${file} tells ${source.rows ?? 'no'} classes apart and does not name them. Name them: --weights-classes FILE (a JSON list).`,
    );
  const size = query.size ?? given.inputSize ?? exportedSize(source);
  const config = resolveConfig({ ...given, model, ...(size && { inputSize: size }) });
  const context = { numClasses: classes.length, classes, inputSize: config.inputSize };
  const detector = buildDetector(model, context);
  const { epochs, batchSize } = config;
  const recipe = recipeOf(config, detector, { ...context, epochs, batchSize, stepsPerEpoch: 1, smoke: false });
  return { detector, classes, inputSize: config.inputSize, suppression: recipe.suppression };
};

/** The data set's own ids where the file has them, COCO's for COCO's classes, else 1, 2, … in their order. */
const categoryIdsOf = (classes: readonly string[], { metadata }: WeightsSource): readonly number[] => {
  const names = JSON.parse(metadata['classes'] ?? '[]') as string[];
  const ids = JSON.parse(metadata['categoryIds'] ?? '[]') as number[];
  const known = new Map(
    ids.length > 0
      ? names.map((name, i) => [name, ids[i]])
      : COCO_CLASSES.map((name, i) => [name, COCO_CATEGORY_IDS[i]]),
  );
  const found = classes.map((name) => known.get(name));
  return found.every((id) => id !== undefined) ? found : classes.map((_, i) => i + 1);
};

/** Classes without rows of their own. */
const lackingClasses = ({ classes }: WeightsReport): string[] =>
  classes.filter(({ from }) => from === null).map(({ name }) => name);

/** Throws a user error when classes have no rows. Heads that are not known by name (models of one's own) must have the same classes. */
const requireClasses = (
  { metadata, rows, classes: known }: WeightsSource,
  report: WeightsReport,
  classes: readonly string[],
  freshRows: boolean,
) => {
  const own = known?.filter((name) => name !== null) ?? (JSON.parse(metadata['classes'] ?? 'null') as string[] | null);
  const lacking = freshRows ? [] : lackingClasses(report);
  const others = rows === null && own !== null && own.join('\n') !== classes.join('\n');
  if (lacking.length > 0 || others)
    throw userError(
      `The weights know ${own?.join(', ') ?? 'other classes'}; the data has ${(others ? classes : lacking).join(', ')}${others ? '' : ' too'}. ` +
        'Measure on data with the same classes.',
    );
};

/**
 * Reads weights and rebuilds their detector. Throws a user error when nothing says what the file is, when it does not fit, and when it
 * lacks a class that is wanted.
 */
export const readWeights = async (target: string, query: WeightsQuery = {}): Promise<UsableWeights> => {
  const source = await readSource(target, query.classes);
  const itself = source.metadata['config'] !== undefined && query.model === undefined;
  const usage = itself ? await usageOfRun(target, source, query) : await usageOfOthers(target, source, query);
  const { detector, classes } = usage;
  const parameters = freshWeights(detector, 0);
  const report = startFrom(detector, parameters, source, { classes });
  requireClasses(source, report, classes, query.freshRows ?? false);
  const categoryIds = categoryIdsOf(classes, source);
  return { ...usage, file: source.file, parameters, categoryIds, freshRows: lackingClasses(report) };
};
