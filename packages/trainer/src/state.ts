import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { readHostTensors, writeAtomically, writeSafetensors } from '@detrain/checkpoint';
import type { HostTensor } from '@detrain/core';
import type { Best, Json } from './callbacks.ts';

/** The counters and small values of a run, as `state/<name>.json` has them. */
export interface SavedCounters {
  readonly format: 1;
  readonly seed: number;
  /** The epoch to go on with, from 0. */
  readonly epoch: number;
  /** Steps of that epoch that are done. */
  readonly stepInEpoch: number;
  /** Steps of the whole run that are done. */
  readonly step: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly best: Best | null;
  readonly refresh: Json;
  readonly callbacks: Readonly<Record<string, Json>>;
}

type Tensors = Readonly<Record<string, HostTensor>>;

/** All that a run needs to go on bit for bit. Random streams are named by (seed, epoch, step), so the counters stand for them. */
export interface TrainingState {
  readonly counters: SavedCounters;
  readonly parameters: Tensors;
  readonly optimizer: Tensors;
  /** Empty where no average is kept. */
  readonly ema: Tensors;
}

const PARTS = ['parameters', 'optimizer', 'ema'] as const;

/** Writes JSON so that a crash leaves the old file or the new one. */
export const writeJson = (file: string, value: unknown): void =>
  writeAtomically(file, [new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)]);

/**
 * Writes a state: the tensors to a new `<name>-<step>.safetensors`, then `<name>.json`, which names that file, then drops
 * the old tensors. The rename of the JSON file is the one moment at which the state changes, so a crash leaves the old or the new.
 */
export const saveState = (folder: string, name: string, state: TrainingState): void => {
  mkdirSync(folder, { recursive: true });
  const { epoch, stepInEpoch, step } = state.counters;
  const file = `${name}-${String(step).padStart(8, '0')}-${epoch}-${stepInEpoch}.safetensors`;
  const tensors: Record<string, HostTensor> = {};
  for (const part of PARTS) for (const [key, tensor] of Object.entries(state[part])) tensors[`${part}/${key}`] = tensor;
  writeSafetensors(path.join(folder, file), tensors);
  writeJson(path.join(folder, `${name}.json`), { ...state.counters, tensors: file });
  for (const other of readdirSync(folder))
    if (other !== file && other.startsWith(`${name}-`) && other.endsWith('.safetensors'))
      rmSync(path.join(folder, other), { force: true });
};

/** Reads a state. Throws with the file's name when it is missing, unreadable or of another format. */
export const loadState = (folder: string, name: string): TrainingState => {
  const file = path.join(folder, `${name}.json`);
  if (!hasState(folder, name))
    throw new Error(
      `trainer: ${file} is missing. A run resumes from it. Name a run that has saved at least one epoch.`,
    );
  let counters: SavedCounters & { readonly tensors: string };
  try {
    counters = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(
      `trainer: ${file} is no JSON (${(error as Error).message}). Start the run again or use its weights with --weights.`,
    );
  }
  if (counters.format !== 1)
    throw new Error(
      `trainer: ${file} has format ${counters.format}. This version reads format 1. Resume with the version that wrote it.`,
    );
  const { tensors } = readHostTensors(path.join(folder, counters.tensors));
  const parts: Record<(typeof PARTS)[number], Record<string, HostTensor>> = { parameters: {}, optimizer: {}, ema: {} };
  for (const [key, tensor] of Object.entries(tensors)) {
    const part = PARTS.find((prefix) => key.startsWith(`${prefix}/`));
    if (part) parts[part][key.slice(part.length + 1)] = tensor;
  }
  return { counters, ...parts };
};

/** Whether a state of that name is there. */
export const hasState = (folder: string, name: string): boolean => existsSync(path.join(folder, `${name}.json`));

/** Copies a state's values into a run's own parameters. Throws when names or shapes differ. */
export const copyInto = (parameters: ReadonlyMap<string, HostTensor>, saved: Tensors): void => {
  for (const [name, tensor] of parameters) {
    const from = saved[name];
    if (from?.data.length !== tensor.data.length)
      throw new Error(
        `trainer: the saved state has ${from ? `"${name}" as [${from.shape}]` : `no "${name}"`}. ` +
          `The model wants [${tensor.shape}]. Resume with the model and the classes that the run began with.`,
      );
    tensor.data.set(from.data);
  }
};
