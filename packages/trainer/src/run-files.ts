import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type TensorsToWrite, writeAtomically, writeSafetensors } from '@detrain/checkpoint';
import type { Profile } from './profile.ts';
import { writeJson } from './state.ts';

/** A line of `metrics.jsonl`. */
export interface LogLine {
  readonly kind: 'step' | 'validation' | 'checkpoint' | 'event';
  readonly epoch: number;
  readonly step: number;
  readonly [key: string]: unknown;
}

/** What a run writes for people and tools, beside its state. */
export interface RunFiles {
  /** Writes `weights/<name>.safetensors` and gives its path. */
  weights(name: string, weights: TensorsToWrite, metadata: Readonly<Record<string, string>>): string;
  log(line: LogLine): void;
  /** Writes `profile.json`. */
  profile(profile: Profile): void;
  /** Drops the lines that a resumed run will write again. */
  rewind(epoch: number, step: number): void;
}

const parse = (line: string): LogLine | null => {
  try {
    return JSON.parse(line);
  } catch {
    // A crash can leave half a line at the end.
    return null;
  }
};

/** The files of a run in a folder; with a null folder nothing is written. */
export const runFiles = (folder: string | null): RunFiles => {
  if (folder === null) return { weights: (name) => name, log: () => {}, profile: () => {}, rewind: () => {} };
  mkdirSync(path.join(folder, 'weights'), { recursive: true });
  const metrics = path.join(folder, 'metrics.jsonl');
  return {
    weights: (name, weights, metadata) => {
      const file = path.join(folder, 'weights', `${name}.safetensors`);
      writeSafetensors(file, weights, metadata);
      return file;
    },
    log: (line) => appendFileSync(metrics, `${JSON.stringify(line)}\n`),
    profile: (profile) => writeJson(path.join(folder, 'profile.json'), profile),
    rewind: (epoch, step) => {
      if (!existsSync(metrics)) return;
      const kept = readFileSync(metrics, 'utf8')
        .split('\n')
        .map(parse)
        .filter((line) => line !== null && line.step <= step && (line.kind === 'step' || line.epoch < epoch));
      writeAtomically(metrics, [new TextEncoder().encode(kept.map((line) => `${JSON.stringify(line)}\n`).join(''))]);
    },
  };
};
