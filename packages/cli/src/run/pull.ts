import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statfsSync, statSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { nearest } from '@detrain/core';
import { userError } from '../errors.ts';
import { type DownloadOptions, download } from './download.ts';
import { openPart } from './part-file.ts';
import { type Published, published } from './published.ts';
import { isPullName, type PullRecord, readRecord, writeRecord } from './pulled.ts';

/** What is to be pulled. */
export interface PullRequest {
  readonly name: string;
  readonly url: string;
  /** Lower-case hexadecimal; null where none is known. */
  readonly sha256: string | null;
}

/** What was pulled. */
export interface PullResult {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** What its checksum was held against: one that was given or published, the one of the first pull, or nothing yet. */
  readonly verified: 'given' | 'first pull' | 'unverified';
  /** Whether it had been pulled before and nothing was downloaded. */
  readonly kept: boolean;
}

const lastPart = (url: string) => decodeURIComponent(path.posix.basename(new URL(url).pathname));
const EXTENSION = /\.(pth|pt|bin|safetensors|onnx)$/i;

const checkedUrl = (url: string): string => {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw userError(`--url ${url} is no address. Give one that begins with https://.`);
  return url;
};
const checkedSum = (sha256: string): string => {
  if (!/^[0-9a-f]{64}$/i.test(sha256)) throw userError(`--sha256 ${sha256} is no SHA-256. Give 64 hexadecimal digits.`);
  return sha256.toLowerCase();
};
const unknown = (name: string) => {
  const meant = nearest(name, Object.keys(published));
  return userError(
    `No checkpoint ${name} is known. ${meant ? `Did you mean ${meant}? ` : ''}detrain pull lists them all; for any other: detrain pull NAME --url URL --sha256 HEX`,
  );
};

/** What the arguments ask for. Throws a user error for an unknown name, a name that is no file name, a bad URL or checksum. */
export const pullRequest = (
  name: string | undefined,
  { url, sha256 }: { readonly url?: string | undefined; readonly sha256?: string | undefined },
): PullRequest => {
  const called = name ?? lastPart(checkedUrl(url ?? '')).replace(EXTENSION, '');
  if (!isPullName(called))
    throw userError(`${JSON.stringify(called)} cannot be a file's name. Give another: detrain pull NAME --url URL`);
  const known: Published | undefined = Object.hasOwn(published, called) ? published[called] : undefined;
  if (url === undefined && !known) throw unknown(called);
  if (url !== undefined && known)
    throw userError(`${called} is a published checkpoint's name. Give the file at --url another name.`);
  const sum = sha256 ?? known?.sha256;
  return {
    name: called,
    url: known?.url ?? checkedUrl(url as string),
    sha256: sum === undefined ? null : checkedSum(sum),
  };
};

const sha256Of = async (file: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
};

/** The checksum that a download must have, and who says so. */
const expectation = ({ url, sha256 }: PullRequest, record: PullRecord | null) => {
  if (sha256 !== null) return { sum: sha256, verified: 'given' as const };
  return record?.url === url
    ? { sum: record.sha256, verified: 'first pull' as const }
    : { sum: null, verified: 'unverified' as const };
};

const mismatch = (request: PullRequest, found: string, expected: string, record: PullRecord | null, cache: string) =>
  userError(
    request.sha256 !== null
      ? `${request.url} has SHA-256 ${found}, not ${expected}. It is not the file that was meant, so it was deleted. Check the address and the checksum.`
      : `${request.url} has SHA-256 ${found}; when first pulled, ${record?.first}, it had ${expected}. Its content has changed, so it was deleted. If its authors say so, too, delete ${path.join(cache, `${request.name}.json`)} and pull again.`,
  );

const fileName = ({ name, url }: PullRequest) => `${name}${EXTENSION.exec(lastPart(url))?.[0].toLowerCase() ?? '.pth'}`;

/** Bytes free on the disk of a folder. */
const freeBytes = (folder: string) => (): number => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};

/** The file that an earlier pull left, when it still is what it was. */
const kept = async (request: PullRequest, cache: string, record: PullRecord | null): Promise<PullResult | null> => {
  const file = path.join(cache, record?.file ?? '');
  const { sum, verified } = expectation(request, record);
  if (!record || sum === null || !existsSync(file)) return null;
  const sha256 = await sha256Of(file);
  return sha256 === sum ? { name: request.name, file, bytes: statSync(file).size, sha256, verified, kept: true } : null;
};

/**
 * Puts a checkpoint into the cache: goes on with what an interrupted pull left, checks the checksum, and only then gives
 * the file its name. A file that is there and unchanged is kept.
 *
 * @throws a user error when it cannot be had, or is not what it was or should be; then nothing has its name
 */
export const pull = async (request: PullRequest, cache: string, options: DownloadOptions = {}): Promise<PullResult> => {
  const { name, url } = request;
  const record = readRecord(name, cache);
  const before = await kept(request, cache, record);
  if (before) return before;
  const part = openPart(cache, name);
  try {
    await download(url, part, { freeBytes: freeBytes(cache), ...options });
  } catch (error) {
    part.release();
    throw error;
  }
  const sha256 = await sha256Of(part.path);
  const { sum, verified } = expectation(request, record);
  if (sum !== null && sum !== sha256) {
    part.discard();
    throw mismatch(request, sha256, sum, record, cache);
  }
  const bytes = statSync(part.path).size;
  const file = path.join(cache, fileName(request));
  part.become(file);
  const first = record?.sha256 === sha256 ? record.first : new Date().toISOString();
  writeRecord(name, cache, { url, file: path.basename(file), bytes, sha256, first });
  return { name, file, bytes, sha256, verified, kept: false };
};
