import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ZooName, zoo } from '../src/index.ts';
import { goldenFolder } from './reference.ts';

const files: Readonly<Partial<Record<ZooName, string>>> = {
  'deimv2-atto': 'deimv2__deimv2__deimv2_hgnetv2_atto_coco',
  'deimv2-femto': 'deimv2__deimv2__deimv2_hgnetv2_femto_coco',
  'deimv2-pico': 'deimv2__deimv2__deimv2_hgnetv2_pico_coco',
  ...Object.fromEntries(
    [...'nsmlx'].flatMap((size) => [
      [`deim-dfine-${size}`, `deim__deim_dfine__deim_hgnetv2_${size}_coco`],
      [`dfine-${size}`, `dfine__dfine__dfine_hgnetv2_${size}_coco`],
      [`deimv2-${size}`, `deimv2__deimv2__deimv2_hgnetv2_${size}_coco`],
    ]),
  ),
};

type Row = readonly [key: string, dtype: string, shape: number[], kind: 'p' | 'f' | 'b'];

describe('state-dict keys', () => {
  it.each(Object.entries(files))('%s has the official keys, order, shapes and trainable flags', (model, name) => {
    const file = goldenFolder('keys', `${name}.json`);
    if (!file || !existsSync(file)) return;
    const { keys, total_params } = JSON.parse(readFileSync(file, 'utf8')) as { keys: Row[]; total_params: number };
    const { parameters } = zoo[model as ZooName]();
    const ours = parameters.map(({ name: key, shape, kind }) => `${key} [${shape}] ${kind === 'trainable'}`);
    const theirs = keys.map(([key, , shape, kind]) => `${key} [${shape}] ${kind === 'p'}`);
    expect(ours).toEqual(theirs);
    expect(parameters.filter(({ kind }) => kind === 'counter').map((spec) => spec.name)).toEqual(
      keys.filter(([key]) => key.endsWith('num_batches_tracked')).map(([key]) => key),
    );
    void total_params;
  });
});
