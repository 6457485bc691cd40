import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { writeAtomically } from '@detrain/checkpoint';
import { userError } from '../errors.ts';

/** What is known of a download, kept beside the file and after it. */
export interface PullRecord {
  readonly url: string;
  /** The file's name in the cache. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** When it was first pulled, ISO 8601. */
  readonly first: string;
}

const home = (...parts: readonly string[]) => path.join(homedir(), ...parts);

/** Where pulled checkpoints are kept: the platform's cache folder, or XDG_CACHE_HOME. */
export const cacheFolder = (): string => {
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = process.env;
  if (xdg && path.isAbsolute(xdg)) return path.join(xdg, 'detrain');
  if (process.platform === 'win32') return path.join(local ?? home('AppData', 'Local'), 'detrain', 'Cache');
  return process.platform === 'darwin' ? home('Library', 'Caches', 'detrain') : home('.cache', 'detrain');
};

const recordFile = (name: string, cache: string) => path.join(cache, `${name}.json`);

/** What is known of an earlier download of that name, or null. Throws a user error when the record is damaged. */
export const readRecord = (name: string, cache: string): PullRecord | null => {
  const file = recordFile(name, cache);
  if (!existsSync(file)) return null;
  try {
    const record = JSON.parse(readFileSync(file, 'utf8')) as PullRecord;
    if (typeof record.sha256 === 'string' && path.basename(record.file) === record.file) return record;
  } catch {
    // said below
  }
  throw userError(`${file} is damaged. Delete it and pull ${name} again.`);
};

export const writeRecord = (name: string, cache: string, record: PullRecord): void => {
  mkdirSync(cache, { recursive: true });
  writeAtomically(recordFile(name, cache), [new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`)]);
};

/** Names that may be file names on every platform. */
export const isPullName = (name: string): boolean => /^[A-Za-z0-9][\w.-]{0,99}$/.test(name);

/** The path of a checkpoint that `detrain pull` has fetched under a name, or null. */
export const pulledFile = (name: string, cache: string = cacheFolder()): string | null => {
  const record = isPullName(name) ? readRecord(name, cache) : null;
  const file = record && path.join(cache, record.file);
  return file && existsSync(file) ? file : null;
};
