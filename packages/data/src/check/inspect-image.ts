import { open, stat } from 'node:fs/promises';
import { decodeImage, type ImageHeader, readHeader } from '../decode.ts';

/** What is wrong with an image file, or its header where nothing is. */
export type ImageState =
  | { readonly state: 'missing' | 'empty' | 'corrupt' | 'truncated'; readonly reason: string }
  | ({ readonly state: 'good' } & ImageHeader);

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/^data: cannot decode [^:]*: /, '').split('\n')[0]!;

/** Whether a file ends as a whole JPEG or PNG does. Other kinds have no mark at their end and count as whole. */
const endsWhole = async (file: string, size: number): Promise<boolean> => {
  const handle = await open(file, 'r');
  try {
    const head = Buffer.alloc(8);
    const tail = Buffer.alloc(Math.min(64, size));
    await handle.read(head, 0, 8, 0);
    await handle.read(tail, 0, tail.length, size - tail.length);
    if (head[0] === 0xff && head[1] === 0xd8) return tail.includes(Buffer.from([0xff, 0xd9]));
    if (head.subarray(1, 4).toString('latin1') === 'PNG') return tail.includes('IEND');
    return true;
  } finally {
    await handle.close();
  }
};

/**
 * Looks at an image file: whether it is there, can be read, and is whole.
 *
 * @param full decodes all of it; otherwise only the header and the last bytes are read, and the rest where these look cut
 */
export const inspectImage = async (file: string, full: boolean): Promise<ImageState> => {
  const info = file === '' ? null : await stat(file).catch(() => null);
  if (!info?.isFile()) return { state: 'missing', reason: 'no such file' };
  if (info.size === 0) return { state: 'empty', reason: 'an empty file' };
  let header: ImageHeader;
  try {
    header = await readHeader(file);
  } catch (error) {
    return { state: 'corrupt', reason: reasonOf(error) };
  }
  if (full || !(await endsWhole(file, info.size))) {
    try {
      await decodeImage(file);
    } catch (error) {
      const reason = reasonOf(error);
      const cut =
        /premature|truncat|unexpected end|not enough|EOF/i.test(reason) || !(await endsWhole(file, info.size));
      return { state: cut ? 'truncated' : 'corrupt', reason };
    }
  }
  return { state: 'good', ...header };
};
