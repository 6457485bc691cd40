import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type {} from '@detrain/tooling/setup';
import type { TestContext } from 'vitest';

/** Values of a reference tensor: 64-bit integers narrowed to int32. */
export type ReferenceData = Float32Array | Float64Array | Int32Array | Uint8Array;
export interface ReferenceTensor<Data extends ReferenceData = ReferenceData> {
  readonly shape: readonly number[];
  readonly data: Data;
}

/** The path of reference data, or a skipped test where there is none. */
export const reference = (context: TestContext, ...parts: string[]): string => {
  const root = process.env['DETRAIN_REFERENCE'];
  const file = path.join(root ?? '', 'golden', ...parts);
  if (!root || !existsSync(file)) context.skip('skipped: no reference data');
  return file;
};

/** A JSON file. */
// biome-ignore lint/suspicious/noExplicitAny: reference files have many shapes
export const readJson = (file: string): any => JSON.parse(readFileSync(file, 'utf8'));

const decode = (dtype: string, bytes: ArrayBuffer): ReferenceData => {
  if (dtype === 'F32') return new Float32Array(bytes);
  if (dtype === 'F64') return new Float64Array(bytes);
  if (dtype === 'I32') return new Int32Array(bytes);
  if (dtype === 'I64') return Int32Array.from(new BigInt64Array(bytes), Number);
  if (dtype === 'U8' || dtype === 'BOOL' || dtype === 'I8') return new Uint8Array(bytes);
  throw new Error(`reference reader: dtype ${dtype}`);
};

/** The tensors of a safetensors file, by name; throws on an unknown name. */
export const readTensors = (file: string) => {
  const buffer = readFileSync(file);
  const headerLength = Number(buffer.readBigUInt64LE(0));
  const header = JSON.parse(buffer.subarray(8, 8 + headerLength).toString('utf8'));
  const get = (name: string): ReferenceTensor => {
    const entry = header[name];
    if (!entry) throw new Error(`reference reader: no tensor ${name} in ${file}`);
    const [from, to] = entry.data_offsets;
    const bytes = new Uint8Array(buffer.subarray(8 + headerLength + from, 8 + headerLength + to)).buffer;
    return { shape: entry.shape, data: decode(entry.dtype, bytes) };
  };
  return {
    names: Object.keys(header).filter((name) => name !== '__metadata__'),
    float32: (name: string) => get(name).data as Float32Array,
    float64: (name: string) => get(name).data as Float64Array,
    int32: (name: string) => get(name).data as Int32Array,
    uint8: (name: string) => get(name).data as Uint8Array,
    shape: (name: string) => get(name).shape,
  };
};
