import { checkpointError } from '../error.ts';

/** Bytes at a place: a file or memory. */
export interface Bytes {
  readonly size: number;
  /** `length` bytes from `at`; the caller has checked that they exist. The result may be shared: copy to keep. */
  read(at: number, length: number): Uint8Array;
}

/** Reads forward through bytes; every method throws `truncated` at the end. */
export interface Cursor {
  readonly position: number;
  byte(): number;
  take(length: number): Uint8Array;
  /** A little-endian unsigned integer of 2, 4 or 8 bytes. Throws `too-large` beyond 2^53. */
  integer(width: 2 | 4 | 8): number;
  double(): number;
  /** Text up to the next line feed, which is consumed. */
  line(): string;
}

const WINDOW = 65_536;
/** Longest module or class name that is read. */
const MAX_LINE = 1024;

/** Bytes in memory. */
export const inMemory = (bytes: Uint8Array): Bytes => ({
  size: bytes.length,
  read: (at, length) => bytes.subarray(at, at + length),
});

/** A cursor from `start`; reads the source in windows, so that a large file is never wholly in memory. */
export const createCursor = (source: Bytes, start = 0): Cursor => {
  let position = start;
  let window = new Uint8Array(0);
  let windowStart = start;
  const view = (length: number): Uint8Array => {
    if (length > source.size - position)
      throw checkpointError(
        'truncated',
        `the pickle wants ${length} bytes at byte ${position}, ${source.size - position} are left`,
        'a whole file',
      );
    if (position < windowStart || position + length > windowStart + window.length) {
      window = Uint8Array.from(source.read(position, Math.min(Math.max(length, WINDOW), source.size - position)));
      windowStart = position;
    }
    const from = position - windowStart;
    position += length;
    return window.subarray(from, from + length);
  };
  const data = (length: number) => {
    const bytes = view(length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  };
  return {
    get position() {
      return position;
    },
    byte: () => view(1)[0] as number,
    take: (length) => view(length).slice(),
    integer: (width) => {
      if (width === 2) return data(2).getUint16(0, true);
      if (width === 4) return data(4).getUint32(0, true);
      const value = data(8).getBigUint64(0, true);
      if (value > BigInt(Number.MAX_SAFE_INTEGER))
        throw checkpointError('too-large', `a length of ${value} bytes`, 'a length inside the file');
      return Number(value);
    },
    double: () => data(8).getFloat64(0, false),
    line: () => {
      let text = '';
      for (;;) {
        const code = view(1)[0] as number;
        if (code === 10) return text;
        if (text.length >= MAX_LINE)
          throw checkpointError('too-large', `a name longer than ${MAX_LINE} characters`, 'the name of a class');
        text += String.fromCharCode(code);
      }
    },
  };
};
