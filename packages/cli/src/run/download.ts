import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { userError } from '../errors.ts';
import type { PartFile } from './part-file.ts';

export interface DownloadOptions {
  /** Called as bytes arrive; `total` is null where the server does not say. */
  readonly onProgress?: (done: number, total: number | null) => void;
  /** Bytes free where the part is written. */
  readonly freeBytes?: () => number;
  /** First pause before going on after a break, in milliseconds; doubles each time. Default 1000. */
  readonly pause?: number;
  /** Whether a checksum will be held against the file: then a part is gone on with even where the server names no version of it. */
  readonly checksumKnown?: boolean;
  /** What to do with the file once it was fetched otherwise. Default `name the file: --weights FILE`. */
  readonly otherwise?: string;
}

const useOf = ({ otherwise = 'name the file: --weights FILE' }: DownloadOptions) => otherwise;

/** Breaks in a row without a single new byte after which it is left for the next time. */
const MAX_BREAKS = 5;

/** A break of the connection: what has arrived is kept. */
interface Interruption extends Error {
  /** Whether there was a connection at all. */
  readonly connected: boolean;
}
const interruption = (message: string, connected = true): Interruption =>
  Object.assign(new Error(message), { connected });
const isInterruption = (error: unknown): error is Interruption => error instanceof Error && 'connected' in error;

/** What went wrong below fetch, as the system calls it. */
const reason = (error: unknown): string => {
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message;
};

const request = async (
  url: string,
  headers: Readonly<Record<string, string>>,
  options: DownloadOptions,
): Promise<Response> => {
  let response: Response;
  try {
    response = await fetch(url, { headers: { 'accept-encoding': 'identity', ...headers } });
  } catch (error) {
    throw interruption(`${new URL(url).host} cannot be reached (${reason(error)})`, false);
  }
  if (response.status === 200 || response.status === 206 || response.status === 416) return response;
  await response.body?.cancel();
  if (response.status >= 500 || response.status === 429)
    throw interruption(`${new URL(url).host} answers ${response.status} ${response.statusText}`);
  const gone = response.status === 404 || response.status === 410;
  throw userError(
    `${url} answers ${response.status} ${response.statusText}. ${gone ? "It was moved or taken down: look at its authors' page" : 'It may ask for a login: fetch it with a browser'}, then ${useOf(options)}`,
  );
};

/** Stands for the server's name where there is none and the checksum will tell. */
const BY_CHECKSUM = 'checksum';

/** The server's name for exactly this content, good for going on with it later; null where there is none. */
const validatorOf = ({ headers }: Response, { checksumKnown }: DownloadOptions): string | null => {
  const etag = headers.get('etag');
  const name = etag && !etag.startsWith('W/') ? etag : headers.get('last-modified');
  return name ?? (checksumKnown ? BY_CHECKSUM : null);
};

interface Plan {
  readonly response: Response;
  /** Byte at which the answer begins. */
  readonly start: number;
  readonly total: number | null;
}

const rangeOf = ({ headers }: Response) => {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  return start === undefined ? null : { start: Number(start), total: Number(total) };
};

/** Asks for what is missing; begins anew when the server has something else by now, or knows no ranges. */
const ask = async (url: string, part: PartFile, options: DownloadOptions): Promise<Plan> => {
  const known = part.resumable(url);
  if (known) {
    const condition = known.validator === BY_CHECKSUM ? {} : { 'if-range': known.validator };
    const response = await request(url, { range: `bytes=${known.bytes}-`, ...condition }, options);
    const range = response.status === 206 ? rangeOf(response) : null;
    if (range?.start === known.bytes && validatorOf(response, options) === known.validator)
      return { response, start: known.bytes, total: range.total };
    if (response.status === 200) return whole(url, part, response, options);
    await response.body?.cancel();
  }
  return whole(url, part, await request(url, {}, options), options);
};

const whole = (url: string, part: PartFile, response: Response, options: DownloadOptions): Plan => {
  if (response.status !== 200)
    throw userError(`${url} answers ${response.status} to a plain request. Try again later.`);
  if (/^text\/html\b/.test(response.headers.get('content-type') ?? ''))
    throw userError(
      `${url} gives a web page instead of the file, as sites do that ask a question or ran out of quota. Fetch it with a browser and ${useOf(options)}`,
    );
  const validator = validatorOf(response, options);
  part.discard();
  if (validator) part.describe({ url, validator });
  const length = response.headers.get('content-length');
  return { response, start: 0, total: length === null ? null : Number(length) };
};

const checkRoom = ({ start, total }: Plan, freeBytes: (() => number) | undefined, part: PartFile) => {
  const free = freeBytes?.() ?? Number.POSITIVE_INFINITY;
  if (total !== null && total - start > free)
    throw userError(
      `The disk of ${part.path} has ${free} bytes free, ${total - start} are needed. Make room, or name another folder: --cache DIR`,
    );
};

const save = async (file: FileHandle, { response, start, total }: Plan, onProgress: DownloadOptions['onProgress']) => {
  let done = start;
  onProgress?.(done, total);
  const body = (response.body ?? []) as AsyncIterable<Uint8Array>;
  const arriving = body[Symbol.asyncIterator]();
  for (;;) {
    let next: IteratorResult<Uint8Array>;
    try {
      next = await arriving.next();
    } catch (error) {
      throw interruption(`the connection broke after ${done} of ${total ?? 'unknown'} bytes (${reason(error)})`);
    }
    if (next.done) break;
    for (let written = 0; written < next.value.length; ) {
      const { bytesWritten } = await file.write(next.value, written, next.value.length - written, done + written);
      written += bytesWritten;
    }
    done += next.value.length;
    onProgress?.(done, total);
  }
  if (total !== null && done !== total) throw interruption(`the connection ended after ${done} of ${total} bytes`);
  await file.sync();
};

const attempt = async (url: string, part: PartFile, options: DownloadOptions) => {
  const { onProgress, freeBytes } = options;
  const plan = await ask(url, part, options);
  try {
    checkRoom(plan, freeBytes, part);
    const file = await open(part.path, plan.start > 0 ? 'r+' : 'w');
    try {
      await save(file, plan, onProgress);
    } finally {
      await file.close();
    }
  } catch (error) {
    await plan.response.body?.cancel().catch(() => {});
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
      throw userError(
        `The disk of ${part.path} is full. Make room, or name another folder: --cache DIR. What has arrived is kept.`,
      );
    throw error;
  }
};

/**
 * Downloads into a part file, going on where it broke off, now or in an earlier run.
 *
 * @throws a user error when the server refuses, the disk is full, or the connection keeps breaking; what has arrived stays
 */
export const download = async (url: string, part: PartFile, options: DownloadOptions = {}): Promise<void> => {
  const { pause = 1000 } = options;
  let furthest = -1;
  for (let breaks = 0; ; ) {
    try {
      return await attempt(url, part, options);
    } catch (error) {
      if (!isInterruption(error)) throw error;
      if (!error.connected && breaks === 0)
        throw userError(`${error.message}. Is this machine online? Else fetch ${url} on another and ${useOf(options)}`);
      const reached = part.resumable(url)?.bytes ?? 0;
      breaks = reached > furthest ? 1 : breaks + 1;
      furthest = Math.max(furthest, reached);
      if (breaks >= MAX_BREAKS)
        throw userError(
          `${url}: ${error.message}. Look at the connection and run the command again: it goes on where it stopped.`,
        );
      await sleep(pause * 2 ** (breaks - 1));
    }
  }
};
