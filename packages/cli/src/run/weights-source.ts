import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { classRows, readWeightsFile, type WeightsFile } from '@detrain/checkpoint';
import type { HostTensor } from '@detrain/core';
import { COCO_CLASSES, OBJECTS365_CLASSES, publishedClasses } from '@detrain/data';
import type { WeightsConfig } from '../config/types.ts';
import { userError } from '../errors.ts';
import { RUN } from './folder.ts';
import { isPublished } from './published.ts';
import { pulledFile } from './pulled.ts';

/** The class that each row of a file's score heads stands for; null for a row of none. */
export type ClassRows = readonly (string | null)[];

/** A file of weights, read. */
export interface WeightsSource {
  readonly file: string;
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly format: WeightsFile['source'];
  readonly dtypes: WeightsFile['dtypes'];
  /** Which of a training checkpoint's weights these are. */
  readonly part?: string;
  /** Rows of its score heads; null where it has none. */
  readonly rows: number | null;
  /** Null where nothing tells what the rows stand for. */
  readonly classes: ClassRows | null;
  /** What told. */
  readonly classesKnownBy: 'file' | 'option' | 'count' | null;
}

/** The file that a run's folder (`weights/best`, else `last-ema`, else `last`), a path or the name of pulled weights means. */
export const weightsFile = (target: string): string => {
  if (!existsSync(target)) {
    const pulled = pulledFile(target);
    if (pulled !== null) return pulled;
    if (isPublished(target))
      throw userError(`${target} is published and not here yet. Fetch it: detrain pull ${target}`);
    throw userError(`${target} does not exist. Name a run's folder, or a .safetensors, .pth or .onnx file.`);
  }
  if (!statSync(target).isDirectory()) return target;
  for (const name of ['best', 'last-ema', 'last'])
    for (const folder of [path.join(target, RUN.weights), target]) {
      const file = path.join(folder, `${name}.safetensors`);
      if (existsSync(file)) return file;
    }
  throw userError(`${target} has no weights yet. A run writes weights/last.safetensors after its first epoch.`);
};

/** What `--weights-classes` says. Throws a user error unless it is coco, objects365 or a JSON file with a list of names. */
export const weightsClasses = (option: string): NonNullable<WeightsConfig['classes']> => {
  if (option === 'coco' || option === 'objects365') return option;
  let names: unknown;
  try {
    names = JSON.parse(readFileSync(option, 'utf8'));
  } catch (error) {
    throw userError(
      `--weights-classes ${option} cannot be read (${(error as Error).message}). Give coco, objects365 or a JSON file with a list of names.`,
    );
  }
  if (!Array.isArray(names) || !names.every((name) => name === null || typeof name === 'string'))
    throw userError(`${option} is no list of names. Write one name a row of the class heads: ["cat", "dog"].`);
  return names;
};

const named = (given: NonNullable<WeightsConfig['classes']>, rows: number, file: string): ClassRows => {
  if (typeof given === 'object') {
    if (given.length === rows) return given;
    throw userError(
      `${file} tells ${rows} classes apart, and ${given.length} are named. Name one a row, null for none.`,
    );
  }
  const wanted = given === 'coco' ? COCO_CLASSES : OBJECTS365_CLASSES;
  const found = publishedClasses(rows);
  if (found?.filter((name) => name !== null).length === wanted.length) return found;
  throw userError(`${file} tells ${rows} classes apart; ${given} has ${wanted.length}. Name the classes of its rows.`);
};

/** Who says what the rows stand for: the user, else the file, else their number. */
const classesOf = (
  metadata: WeightsSource['metadata'],
  rows: number | null,
  given: WeightsConfig['classes'],
  file: string,
): Pick<WeightsSource, 'classes' | 'classesKnownBy'> => {
  if (rows === null) return { classes: null, classesKnownBy: null };
  if (given !== undefined) return { classes: named(given, rows, file), classesKnownBy: 'option' };
  if (metadata['classes'] !== undefined)
    return { classes: JSON.parse(metadata['classes']) as string[], classesKnownBy: 'file' };
  const classes = publishedClasses(rows);
  return { classes, classesKnownBy: classes && 'count' };
};

/** Reads weights of any kind. Throws a user error for a name that is no weights, and for classes that cannot be its rows'. */
export const readSource = async (target: string, given?: WeightsConfig['classes']): Promise<WeightsSource> => {
  const file = weightsFile(target);
  const { source: format, ...read } = await readWeightsFile(file);
  const { tensors, metadata } = read;
  const rows = classRows(tensors);
  return { file, ...read, format, rows, ...classesOf(metadata, rows, given, file) };
};
