import { createHash } from 'node:crypto';
import { createReadStream, existsSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { userError } from '../../errors.ts';
import { type DownloadOptions, download } from '../download.ts';
import { openPart } from '../part-file.ts';
import type { Wheel } from './target.ts';
import { DEFAULT_INDEX, wheelUrl } from './wheel-index.ts';

const sha256Of = async (file: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
};

/**
 * The path of a wheel in a cache folder: as it lies there when its checksum is right, else downloaded, going on with what an
 * interrupted download left.
 *
 * @throws a user error when it cannot be had, or is not what it should be; then nothing has its name
 */
export const cachedWheel = async (wheel: Wheel, cache: string, options: DownloadOptions = {}): Promise<string> => {
  const file = path.join(cache, wheel.file);
  if (existsSync(file)) {
    if ((await sha256Of(file)) === wheel.sha256) return file;
    rmSync(file);
  }
  const url = await wheelUrl(wheel, process.env['PIP_INDEX_URL'] || DEFAULT_INDEX);
  const part = openPart(cache, wheel.file);
  try {
    await download(url, part, {
      freeBytes: () => {
        const { bavail, bsize } = statfsSync(cache);
        return bavail * bsize;
      },
      checksumKnown: true,
      otherwise: `put it into ${cache}`,
      ...options,
    });
  } catch (error) {
    part.release();
    throw error;
  }
  const sha256 = await sha256Of(part.path);
  if (sha256 !== wheel.sha256) {
    part.discard();
    throw userError(
      `${url} has SHA-256 ${sha256}, not ${wheel.sha256}. It is not the file that was meant, so it was deleted. Look at PIP_INDEX_URL.`,
    );
  }
  part.become(file);
  return file;
};
