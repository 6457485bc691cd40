import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { userError } from '../errors.ts';

/** The files of a run's folder. */
export const RUN = {
  config: 'config.resolved.json',
  manifest: 'manifest.json',
  metrics: 'metrics.jsonl',
  report: 'report.html',
  profile: 'profile.json',
  weights: 'weights',
  state: 'state',
  pictures: 'images',
  crash: 'crash',
} as const;

const localDate = (now: Date) =>
  `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}-${String(now.getDate()).padStart(2, '0')}`;

/** Makes `<out>/<date>-<name>-NN`, NN the first number that is free. */
export const createRunFolder = (out: string, name: string, now = new Date()): string => {
  mkdirSync(out, { recursive: true });
  const stem = `${localDate(now)}-${name.replaceAll(/[^A-Za-z0-9._-]+/g, '-')}`;
  for (let number = 1; ; number++) {
    const folder = path.join(out, `${stem}-${String(number).padStart(2, '0')}`);
    try {
      mkdirSync(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
};

const isRun = (folder: string) => existsSync(path.join(folder, RUN.manifest));

/** The run under `out` that was written to last. Throws a user error when there is none. */
export const newestRun = (out: string): string => {
  const folders = existsSync(out) ? readdirSync(out).map((name) => path.join(out, name)) : [];
  const runs = folders.filter(isRun).map((folder) => {
    const state = path.join(folder, RUN.state, 'last.json');
    return { folder, time: statSync(existsSync(state) ? state : path.join(folder, RUN.manifest)).mtimeMs };
  });
  const newest = runs.sort((a, b) => b.time - a.time)[0];
  if (!newest)
    throw userError(`There is no run in ${out}/. --resume goes on with one. Start one: detrain train --data DIR`);
  return newest.folder;
};

/** A run's folder from what a user typed: the folder itself, or its name under `out`. */
export const findRun = (run: string, out: string): string => {
  for (const folder of [run, path.join(out, run)]) if (isRun(folder)) return folder;
  throw userError(
    `${run} is no run: it has no ${RUN.manifest}. Name a folder such as ${out}/2026-01-31-deimv2-atto-01.`,
  );
};
