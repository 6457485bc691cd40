import { existsSync } from 'node:fs';
import path from 'node:path';
import type { DetectionDataset } from '@detrain/data';
import { userError } from '../errors.ts';
import { openSplit } from './data.ts';
import { RUN } from './folder.ts';
import { readManifest } from './manifest.ts';

/** What a command line says of the data to look at. */
export interface AskedData {
  /** How the command begins, for the message. */
  readonly command: string;
  /** A run's folder, or anything else. */
  readonly weights?: string | undefined;
  readonly data?: string | undefined;
  readonly split?: string | undefined;
  readonly 'on-problem'?: string | undefined;
}

/** Opens the split that was asked for; what was not said is as in the run. Throws a user error where nothing says it. */
export const openAsked = async (asked: AskedData): Promise<DetectionDataset> => {
  const { command, weights, data: given } = asked;
  const run = weights !== undefined && existsSync(path.join(weights, RUN.manifest)) ? readManifest(weights) : null;
  const data = given ?? run?.data.path;
  if (data === undefined) throw userError(`No data. Say where it is: detrain ${command} --data DIR`);
  const split = asked.split ?? (given === undefined ? run?.data.val.split : undefined) ?? 'val';
  const onProblem = asked['on-problem'] ?? run?.call.overrides.onProblem ?? 'refuse';
  if (onProblem !== 'refuse' && onProblem !== 'repair')
    throw userError(`--on-problem is "${onProblem}". Give refuse or repair.`);
  return openSplit({ data: { path: data }, onProblem }, split);
};
