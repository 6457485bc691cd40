import { existsSync } from 'node:fs';
import path from 'node:path';
import { readSafetensors, type StoredTensor } from '@detrain/checkpoint';
import { type GoldenCase, Unsupported } from './case.ts';

/** The tensors of a file `<name>.safetensors` beside a case's own (anchors that several cases share). */
export const tensorsBeside = (golden: GoldenCase, name: string): Readonly<Record<string, StoredTensor>> => {
  const file = path.join(golden.folder, `${name}.safetensors`);
  if (!existsSync(file)) throw new Unsupported(`no file ${name}.safetensors beside ${golden.name}`);
  return readSafetensors(file).tensors;
};
