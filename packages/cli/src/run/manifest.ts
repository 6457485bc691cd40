import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { writeAtomically } from '@detrain/checkpoint';
import type { DetectionDataset } from '@detrain/data';
import sharp from 'sharp';
import type { TrainCall } from '../config/of-call.ts';
import { userError } from '../errors.ts';
import { version } from '../version.ts';
import { dataHash } from './data.ts';
import { RUN } from './folder.ts';
import type { WeightsReport } from './start-weights.ts';

/** What a run was: enough to use its weights, to go on with it and to do it again. */
export interface Manifest {
  readonly format: 1;
  readonly created: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: { readonly platform: string; readonly cores: number; readonly memory: number };
  readonly engine: string;
  readonly seed: number;
  readonly model: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
  readonly recipe: unknown;
  readonly data: {
    readonly path: string;
    readonly format: string;
    readonly train: SplitRecord;
    readonly val: SplitRecord;
  };
  readonly classes: readonly string[];
  /** The data set's own category id of each class. */
  readonly categoryIds: readonly number[];
  readonly inputSize: readonly [width: number, height: number];
  /** What the run began with: which tensors and class rows came from where. Null for fresh weights. */
  readonly weights: WeightsReport | null;
  /** How the command was called: what --resume repeats. */
  readonly call: TrainCall;
}

interface SplitRecord {
  readonly split: string;
  readonly images: number;
  readonly hash: string;
}

/** A split as a manifest has it. */
export const splitRecord = (dataset: DetectionDataset): SplitRecord => ({
  split: dataset.split,
  images: dataset.length,
  hash: dataHash(dataset),
});

const require = createRequire(import.meta.url);
const versionOf = (name: string): string => {
  try {
    return require(`${name}/package.json`).version;
  } catch {
    return 'not found';
  }
};

/** Versions of what numbers depend on. */
export const versions = (): Record<string, string> => ({
  detrain: version,
  node: process.versions.node,
  tfjs: versionOf('@tensorflow/tfjs-core'),
  sharp: sharp.versions.sharp ?? 'unknown',
});

/** The machine, as far as speed depends on it. */
export const machine = () => ({
  platform: `${process.platform}-${process.arch}`,
  cores: os.availableParallelism(),
  memory: os.totalmem(),
});

const writeJson = (file: string, value: unknown) =>
  writeAtomically(file, [new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)]);

export const writeManifest = (folder: string, manifest: Manifest): void =>
  writeJson(path.join(folder, RUN.manifest), manifest);

/** Writes the resolved config; functions and patterns become text. */
export const writeResolvedConfig = (folder: string, config: object): void => {
  const text = JSON.stringify(config, (_, value) =>
    typeof value === 'function' ? '(a function: see manifest.json)' : value instanceof RegExp ? String(value) : value,
  );
  writeJson(path.join(folder, RUN.config), JSON.parse(text));
};

/** Reads a run's manifest. Throws a user error when it cannot be read. */
export const readManifest = (folder: string): Manifest => {
  const file = path.join(folder, RUN.manifest);
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw userError(`${file} cannot be read (${(error as Error).message}). A run needs it; start a new one.`);
  }
  if (manifest.format !== 1)
    throw userError(
      `${file} has format ${manifest.format}; this version reads format 1. Use the version that wrote it.`,
    );
  return manifest;
};
