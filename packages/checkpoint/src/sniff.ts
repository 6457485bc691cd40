import { closeSync, openSync, readSync } from 'node:fs';
import { checkpointError } from './error.ts';

/** What a file's first bytes say it is. */
export type FileStart = 'zip' | 'pickle' | 'safetensors' | 'onnx';

const HEAD = 512;

const head = (file: string): Buffer => {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(HEAD);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, HEAD, 0));
  } finally {
    closeSync(descriptor);
  }
};

type Test = (text: string) => boolean;

const OTHERS: readonly (readonly [Test, what: string, fix: string])[] = [
  [
    (text) => text.trimStart().startsWith('<'),
    'a web page',
    'The download got a page instead of the file: open its address in a browser',
  ],
  [(text) => text.startsWith('version https://git-lfs'), 'a Git LFS pointer', 'Fetch the file itself: git lfs pull'],
  [
    (text) => text.slice(257, 262) === 'ustar',
    'a tar archive',
    'If PyTorch 0.1 wrote it, load it there and save it again; else unpack it',
  ],
  [(text) => text.startsWith('\x1f\x8b'), 'a gzip file', 'Unpack it first: gunzip'],
];

/**
 * What a file is, by its content; its name does not matter.
 *
 * @throws CheckpointError `unknown-format`, saying what it is where that can be told.
 */
export const startOf = (file: string): FileStart => {
  const bytes = head(file);
  const text = bytes.toString('latin1');
  if (text.startsWith('PK')) return 'zip';
  if (bytes[0] === 0x80) return 'pickle';
  // A safetensors file begins with its header's length, 8 bytes, and the header is a JSON object.
  if (text.slice(6, 8) === '\0\0' && text[8] === '{') return 'safetensors';
  // A model in protobuf begins with field 1, ir_version, a small number.
  if (bytes[0] === 0x08 && (bytes[1] ?? 0) < 0x80) return 'onnx';
  const [, what, fix] = OTHERS.find(([test]) => test(text)) ?? [];
  throw checkpointError(
    'unknown-format',
    `${file} is ${what ?? (bytes.length === 0 ? 'empty' : 'no file of weights')}`,
    'safetensors, a PyTorch checkpoint or an ONNX model',
    fix ?? 'Check that the whole file was downloaded',
  );
};
