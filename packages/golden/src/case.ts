import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readSafetensors, type StoredTensor } from '@detrain/checkpoint';

/** One set of reference numbers, found on the disk. */
export interface GoldenCase {
  /** The path below the folder that is replayed, `/` between parts. */
  readonly name: string;
  /** What it is a case of: `kind` in meta.json, or derived from where the case lies. */
  readonly kind: string;
  /** The folder of the case's files. */
  readonly folder: string;
  /** What its meta.json says; each kind knows its own fields. */
  readonly meta: Readonly<Record<string, unknown>>;
  /** Its tensors; read once, when first asked for. Empty where there is no such file. */
  tensors(): Readonly<Record<string, StoredTensor>>;
}

/** Reads a JSON file. Throws with the file's name. */
export const readJson = <T>(file: string): T => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch (cause) {
    throw new Error(`golden: ${file} is no JSON (${String(cause)}). Copy the reference data again.`, { cause });
  }
};

/** A case whose tensors lie in `tensorFile`, if that is there. */
export const createCase = (
  fields: Omit<GoldenCase, 'tensors'>,
  tensorFile = path.join(fields.folder, 'tensors.safetensors'),
): GoldenCase => {
  let read: Readonly<Record<string, StoredTensor>> | undefined;
  return {
    ...fields,
    tensors: () => {
      read ??= existsSync(tensorFile) ? readSafetensors(tensorFile).tensors : {};
      return read;
    },
  };
};

/** A tensor of a case. Throws on an unknown name. */
export const tensorOf = (golden: GoldenCase, name: string): StoredTensor => {
  const tensor = golden.tensors()[name];
  if (!tensor) throw new Error(`golden: ${golden.name} has no tensor ${name}. It has ${sampleOf(golden)}.`);
  return tensor;
};

const sampleOf = (golden: GoldenCase) => Object.keys(golden.tensors()).slice(0, 8).join(', ');

/** A tensor's values as float64; int64 ones must be safe integers. */
export const valuesOf = (tensor: StoredTensor): Float64Array =>
  tensor.dtype === 'I64' ? Float64Array.from(tensor.data, Number) : Float64Array.from(tensor.data as Float32Array);

/** A float tensor's values as float32. */
export const floatsOf = (tensor: StoredTensor): Float32Array =>
  tensor.dtype === 'F32' ? tensor.data : Float32Array.from(valuesOf(tensor));

/** An integer tensor's values as int32. */
export const integersOf = (tensor: StoredTensor): Int32Array => Int32Array.from(valuesOf(tensor));

/** Thrown where a case needs what is not built: the case is skipped, with this reason. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}
