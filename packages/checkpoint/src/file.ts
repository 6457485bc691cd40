import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { HostTensor } from '@detrain/core';
import { toHost } from './dtypes.ts';
import { inFile } from './error.ts';
import { decodeSafetensors, type SafetensorsContent, safetensorsParts, type TensorsToWrite } from './safetensors.ts';

/** A file's tensors in host types. */
export interface HostContent {
  readonly tensors: Readonly<Record<string, HostTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const writeAll = (descriptor: number, bytes: Uint8Array) => {
  let offset = 0;
  while (offset < bytes.length)
    offset += writeSync(descriptor, bytes, offset, Math.min(bytes.length - offset, 2 ** 30));
};

/** Makes the rename itself durable, where the platform lets a folder be opened (not on Windows). */
const syncFolder = (folder: string) => {
  let descriptor: number;
  try {
    descriptor = openSync(folder, 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(descriptor);
  } catch {
    // some file systems refuse to sync a folder; the file itself is already on the disk
  } finally {
    closeSync(descriptor);
  }
};

/**
 * Puts bytes into a file so that whoever looks sees the old content or the new, never a part: written beside it,
 * synced, renamed.
 */
export const writeAtomically = (file: string, parts: readonly Uint8Array[]): void => {
  const folder = path.dirname(path.resolve(file));
  const temporary = path.join(folder, `.${path.basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
  const descriptor = openSync(temporary, 'wx');
  try {
    try {
      for (const part of parts) writeAll(descriptor, part);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(folder);
};

/**
 * Writes a safetensors file atomically. Synchronous on purpose: parameters are changed in place by the next step, and
 * must not change while they are being written.
 *
 * @throws CheckpointError when data and shape disagree, and what the file system throws.
 */
export const writeSafetensors = (
  file: string,
  tensors: TensorsToWrite,
  metadata: Readonly<Record<string, string>> = {},
): void => writeAtomically(file, safetensorsParts(tensors, metadata));

/**
 * Reads a safetensors file in its own element types.
 *
 * @throws CheckpointError naming the file and the broken rule, and what the file system throws.
 */
export const readSafetensors = (file: string): SafetensorsContent => {
  const bytes = readFileSync(file);
  try {
    return decodeSafetensors(bytes);
  } catch (error) {
    throw inFile(error, file);
  }
};

/** Reads a safetensors file as host tensors: float32, int32 and bool. Throws as {@link readSafetensors} and {@link toHost}. */
export const readHostTensors = (file: string): HostContent => {
  const { tensors, metadata } = readSafetensors(file);
  return {
    tensors: Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toHost(tensor)])),
    metadata,
  };
};
