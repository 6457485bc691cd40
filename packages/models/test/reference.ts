import { readFileSync } from 'node:fs';
import path from 'node:path';

/** One tensor of a reference case; integers are narrowed to float64. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/** What the reference says of one tensor. */
export interface GoldenSummary {
  readonly shape: readonly number[];
  readonly numel: number;
  readonly stored: string;
  readonly mean: number;
  readonly std: number;
  readonly l2: number;
}

/** One folder of reference numbers. */
export interface GoldenCase {
  // biome-ignore lint/suspicious/noExplicitAny: each kind of case has its own fields
  readonly meta: Record<string, any> & { readonly tensors: Record<string, GoldenSummary> };
  readonly tensors: Readonly<Record<string, GoldenTensor>>;
}

interface Entry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

const decode = (dtype: string, bytes: Uint8Array): GoldenTensor['data'] => {
  const copy = new Uint8Array(bytes).buffer;
  if (dtype === 'F32') return new Float32Array(copy);
  if (dtype === 'F64') return new Float64Array(copy);
  if (dtype === 'I64') return Float64Array.from(new BigInt64Array(copy), Number);
  if (dtype === 'I32') return Float64Array.from(new Int32Array(copy));
  return Float64Array.from(new Uint8Array(copy));
};

/** The folder of the DEIM family's reference numbers, or null without reference data. */
export const goldenFolder = (...parts: readonly string[]): string | null => {
  const root = process.env['DETRAIN_REFERENCE'];
  return root ? path.join(root, 'golden', 'deim', ...parts) : null;
};

/** Reads a case's meta.json and tensors.safetensors. */
export const readCase = (folder: string): GoldenCase => {
  const meta = JSON.parse(readFileSync(path.join(folder, 'meta.json'), 'utf8'));
  const file = readFileSync(path.join(folder, 'tensors.safetensors'));
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + length).toString('utf8')) as Record<string, Entry>;
  const tensors = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        const bytes = file.subarray(8 + length + from, 8 + length + to);
        return [name, { shape, data: decode(dtype, bytes) }] as const;
      },
    );
  return { meta, tensors: Object.fromEntries(tensors) };
};
