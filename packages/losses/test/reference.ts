import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Assignment, fromPairs, type Targets } from '@detrain/core';
import type { DenseTargets, LossContext } from '@detrain/core/tensors';

/** The folder of reference numbers, '' where there is none. */
export const reference = process.env['DETRAIN_REFERENCE'] ?? '';

export interface Stored {
  readonly shape: number[];
  readonly data: Float32Array | Int32Array;
}

/** A reference case: its meta.json and its tensors (int64 narrowed to int32). */
export const readCase = (name: string) => {
  const folder = path.join(reference, 'golden/deim', name);
  const meta = JSON.parse(readFileSync(path.join(folder, 'meta.json'), 'utf8'));
  const file = readFileSync(path.join(folder, 'tensors.safetensors'));
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + length).toString('utf8'));
  const tensors: Record<string, Stored> = {};
  for (const [key, entry] of Object.entries<{ dtype: string; shape: number[]; data_offsets: [number, number] }>(
    header,
  )) {
    if (key === '__metadata__') continue;
    const [from, to] = entry.data_offsets;
    const bytes = Uint8Array.from(file.subarray(8 + length + from, 8 + length + to)).buffer;
    const data =
      entry.dtype === 'I64'
        ? Int32Array.from(new BigInt64Array(bytes), Number)
        : entry.dtype === 'BOOL'
          ? Int32Array.from(new Uint8Array(bytes))
          : entry.dtype === 'I32'
            ? new Int32Array(bytes)
            : new Float32Array(bytes);
    tensors[key] = { shape: entry.shape, data };
  }
  const get = (key: string): Stored => {
    const tensor = tensors[key];
    if (!tensor) throw new Error(`no tensor ${key} in ${name}`);
    return tensor;
  };
  return { meta, tensors, get };
};

/** Targets and matches of a reference case. */
export const matchesOf = (
  { get }: ReturnType<typeof readCase>,
  indices: readonly (readonly [readonly number[], readonly number[]])[],
  count: number,
): { targets: Targets[]; assignments: Assignment[] } => ({
  targets: indices.map((_, i) => ({
    boxes: get(`target.${i}.boxes`).data as Float32Array,
    labels: get(`target.${i}.labels`).data as Int32Array,
  })),
  assignments: indices.map(([queries, objects]) =>
    fromPairs(count, { candidates: Int32Array.from(queries), targets: Int32Array.from(objects) }),
  ),
});

/** The context of an ordinary decoder layer. */
export const layerContext = (main: DenseTargets, more: Partial<LossContext> = {}): LossContext => ({
  role: 'layer',
  last: false,
  main,
  regMax: 32,
  regScale: 4,
  cache: new Map(),
  ...more,
});
