import { existsSync } from 'node:fs';
import path from 'node:path';
import { createCase, floatsOf, integersOf, readJson, tensorOf } from '../../golden/src/case.ts';

/** Reference numbers of one case, by tensor name. */
export interface Reference {
  readonly folder: string;
  // biome-ignore lint/suspicious/noExplicitAny: each kind of case has its own fields
  readonly meta: Readonly<Record<string, any>>;
  readonly names: readonly string[];
  floats(name: string): Float32Array;
  integers(name: string): Int32Array;
  shape(name: string): readonly number[];
}

/** A file or folder of the DEIM family's reference numbers, or null where there are none. */
export const referencePath = (...parts: readonly string[]): string | null => {
  const root = process.env['DETRAIN_REFERENCE'];
  const file = root ? path.join(root, 'golden', 'deim', ...parts) : '';
  return file && existsSync(file) ? file : null;
};

/** Opens a case; skips the running test where there is no reference data. */
export const openReference = (ctx: { skip(note?: string): never }, ...parts: readonly string[]): Reference => {
  const folder = referencePath(...parts);
  if (!folder) return ctx.skip('skipped: no reference data');
  const meta = readJson<Record<string, unknown>>(path.join(folder, 'meta.json'));
  const golden = createCase({ name: parts.join('/'), kind: String(meta['kind']), folder, meta });
  return {
    folder,
    meta,
    names: Object.keys(golden.tensors()),
    floats: (name) => floatsOf(tensorOf(golden, name)),
    integers: (name) => integersOf(tensorOf(golden, name)),
    shape: (name) => tensorOf(golden, name).shape,
  };
};
