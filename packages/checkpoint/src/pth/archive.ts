import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { checkpointError, isCheckpointError } from '../error.ts';

/** The entries of a zip file. */
export interface Archive {
  readonly names: readonly string[];
  /** Unpacked bytes of an entry, or null where there is none. */
  sizeOf(name: string): number | null;
  /** An entry's bytes, in memory of their own. Throws `bad-crc` when they are not what was written. */
  read(name: string): Promise<Uint8Array>;
  close(): void;
}

const MAX_ENTRIES = 200_000;
/** Unpacked bytes allowed for each packed one, over all entries, beyond a fixed allowance. Weights hardly pack at all. */
const MAX_RATIO = 20;
const ALLOWANCE = 16 * 2 ** 20;
const LOCAL_HEADER = 30;

const bad = (seen: string, wanted: string) => checkpointError('bad-archive', seen, wanted);
const short = (name: string) => JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);

/** What the zip library finds wrong, as an error of this package. */
const translated = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (cause) {
    if (isCheckpointError(cause) || (cause as NodeJS.ErrnoException).syscall !== undefined) throw cause;
    throw Object.assign(bad(`the zip archive is damaged (${(cause as Error).message})`, 'a whole archive'), { cause });
  }
};

const checkEntry = (entry: Entry) => {
  const name = short(entry.fileName);
  if (entry.isEncrypted()) throw bad(`${name} is encrypted`, 'plain entries');
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8)
    throw bad(`${name} has compression method ${entry.compressionMethod}`, 'stored or deflated entries');
};

/** Entries that share bytes are how small files claim to hold much. */
const checkLayout = (entries: readonly Entry[], fileSize: number) => {
  const total = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
  if (total > MAX_RATIO * fileSize + ALLOWANCE)
    throw checkpointError(
      'too-large',
      `the archive unpacks to ${total} bytes from ${fileSize}`,
      `at most ${MAX_RATIO} times its size`,
      'This is no file of weights but one made to fill memory: do not use it',
    );
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader)) {
    if (entry.relativeOffsetOfLocalHeader < end)
      throw bad(`${short(entry.fileName)} lies inside another entry`, 'entries beside each other');
    end = entry.relativeOffsetOfLocalHeader + LOCAL_HEADER + entry.compressedSize;
  }
  if (end > fileSize) throw bad(`the last entry ends at byte ${end} of ${fileSize}`, 'a whole archive');
};

const listEntries = async (zip: ZipFile): Promise<Map<string, Entry>> => {
  if (zip.entryCount > MAX_ENTRIES)
    throw checkpointError('too-large', `${zip.entryCount} entries in the archive`, `at most ${MAX_ENTRIES}`);
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) {
    checkEntry(entry);
    if (entries.has(entry.fileName)) throw bad(`two entries named ${short(entry.fileName)}`, 'each name once');
    entries.set(entry.fileName, entry);
  }
  checkLayout([...entries.values()], zip.fileSize);
  return entries;
};

const readEntry = async (zip: ZipFile, entry: Entry): Promise<Uint8Array> => {
  const { fileName, compressionMethod } = await zip.readLocalFileHeaderPromise(entry);
  if (!fileName.equals(entry.fileNameRaw) || compressionMethod !== entry.compressionMethod)
    throw bad(`${short(entry.fileName)} has another name or compression in its own header`, 'two headers that agree');
  const bytes = new Uint8Array(entry.uncompressedSize);
  let filled = 0;
  let sum = 0;
  for await (const chunk of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>) {
    bytes.set(chunk, filled);
    filled += chunk.length;
    sum = crc32(chunk, sum);
  }
  if (filled !== bytes.length) throw bad(`${short(entry.fileName)} has ${filled} bytes`, `${bytes.length}`);
  if (sum !== entry.crc32)
    throw checkpointError('bad-crc', `${short(entry.fileName)} has CRC-32 ${sum}`, `${entry.crc32}`);
  return bytes;
};

/**
 * Opens a zip file and checks what its directory says; nothing is unpacked yet, and nothing ever to disk.
 *
 * @throws CheckpointError `bad-archive` or `too-large`.
 */
export const openArchive = (file: string): Promise<Archive> =>
  translated(async () => {
    const zip = await openPromise(file, { autoClose: false, lazyEntries: true, strictFileNames: true });
    try {
      const entries = await listEntries(zip);
      return {
        names: [...entries.keys()],
        sizeOf: (name) => entries.get(name)?.uncompressedSize ?? null,
        read: (name) =>
          translated(async () => {
            const entry = entries.get(name);
            if (!entry) throw bad(`no entry ${short(name)}`, 'all the entries that the checkpoint names');
            return readEntry(zip, entry);
          }),
        close: () => zip.close(),
      };
    } catch (error) {
      zip.close();
      throw error;
    }
  });
