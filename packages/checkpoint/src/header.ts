import { isStoredDType, type StoredDType, widths } from './dtypes.ts';
import { checkpointError } from './error.ts';
import { topLevelKeys } from './keys.ts';

/** Where a tensor lies in the data part of a file. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  /** Bytes from the start of the data part. */
  readonly begin: number;
  readonly end: number;
}

/** A checked header: the entries in the order they are written in, and the file's metadata. */
export interface Header {
  readonly entries: readonly HeaderEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Longest header that is read: 100 MB, as in the format's own reader. */
export const MAX_HEADER = 100_000_000;
const count = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const object = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parse = (text: string): Record<string, unknown> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw Object.assign(checkpointError('bad-json', `the header is not JSON (${String(cause)})`, 'one JSON object'), {
      cause,
    });
  }
  if (!object(value)) throw checkpointError('bad-json', 'the header is not a JSON object', 'one JSON object');
  const seen = new Set<string>();
  for (const key of topLevelKeys(text)) {
    if (seen.has(key))
      throw checkpointError('duplicate-name', `the name ${JSON.stringify(key)} is there twice`, 'each name once');
    seen.add(key);
  }
  return value;
};

const parseMetadata = (value: unknown): Record<string, string> => {
  if (value === undefined) return {};
  if (!object(value) || Object.values(value).some((v) => typeof v !== 'string'))
    throw checkpointError('bad-header', '__metadata__ holds something else', 'an object of strings');
  return value as Record<string, string>;
};

const parseEntry = (name: string, value: unknown, available: number): HeaderEntry => {
  const label = JSON.stringify(name);
  if (!object(value)) throw checkpointError('bad-header', `${label} is not an object`, 'dtype, shape, data_offsets');
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isStoredDType(dtype))
    throw checkpointError(
      'unknown-dtype',
      `${label} has dtype ${JSON.stringify(dtype)}`,
      `one of ${Object.keys(widths).join(' ')}`,
      'Convert the tensor to one of these before saving it',
    );
  if (!Array.isArray(shape) || !shape.every(count))
    throw checkpointError('bad-shape', `${label} has shape ${JSON.stringify(shape)}`, 'non-negative integers');
  const [begin, end] = (Array.isArray(offsets) && offsets.length === 2 ? offsets : []) as unknown[];
  if (!count(begin) || !count(end) || begin > end)
    throw checkpointError(
      'bad-offsets',
      `${label} has data_offsets ${JSON.stringify(offsets)}`,
      '[begin, end] with 0 <= begin <= end',
    );
  if (end > available)
    throw checkpointError(
      'out-of-range',
      `${label} ends at byte ${end} of a data part of ${available} bytes`,
      'an end inside the file',
    );
  const wanted = (shape as number[]).reduce((product, side) => product * side, widths[dtype]);
  if (end - begin !== wanted)
    throw checkpointError(
      'wrong-size',
      `${label} takes ${end - begin} bytes`,
      `${wanted} for ${dtype} [${shape.join(', ')}]`,
    );
  return { name, dtype, shape: shape as number[], begin, end };
};

/** The data part must be covered without holes, as the format says: nothing can hide between tensors. */
const checkCover = (entries: readonly HeaderEntry[], available: number) => {
  let reached = 0;
  let before = 'the start';
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < reached)
      throw checkpointError(
        'overlap',
        `${JSON.stringify(name)} begins at byte ${begin}, inside ${before}`,
        `a begin of ${reached}`,
      );
    if (begin > reached)
      throw checkpointError(
        'gap',
        `bytes ${reached} to ${begin} before ${JSON.stringify(name)} belong to no tensor`,
        'no holes',
      );
    reached = end;
    before = JSON.stringify(name);
  }
  if (reached < available)
    throw checkpointError('gap', `${available - reached} bytes after ${before} belong to no tensor`, 'no holes');
};

/**
 * Checks a header against the number of bytes that follow it.
 *
 * @throws CheckpointError for every rule of the format that it breaks.
 */
export const parseHeader = (text: string, available: number): Header => {
  const { __metadata__: meta, ...tensors } = parse(text);
  const metadata = parseMetadata(meta);
  const entries = Object.entries(tensors).map(([name, value]) => parseEntry(name, value, available));
  checkCover(entries, available);
  return { entries, metadata };
};
