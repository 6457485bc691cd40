import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A case's metadata and float32 tensors; null where there is no reference data. */
export const readCase = (name: string): { meta: Record<string, unknown>; tensor(key: string): Float32Array } | null => {
  const root = process.env['DETRAIN_REFERENCE'];
  const folder = path.join(root ?? '', 'golden/deim', name);
  if (!root || !existsSync(folder)) return null;
  const file = readFileSync(path.join(folder, 'tensors.safetensors'));
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + length).toString()) as Record<
    string,
    { dtype: string; data_offsets: [number, number] }
  >;
  return {
    meta: JSON.parse(readFileSync(path.join(folder, 'meta.json'), 'utf8')),
    tensor(key) {
      const { dtype, data_offsets } = header[key]!;
      const bytes = Uint8Array.from(file.subarray(8 + length + data_offsets[0], 8 + length + data_offsets[1])).buffer;
      return dtype === 'I64' ? Float32Array.from(new BigInt64Array(bytes), Number) : new Float32Array(bytes);
    },
  };
};
