import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { referencePath } from '../../nn/test/reference.ts';
import { type ZooName, zoo } from '../src/index.ts';

/** Official names of a size, and of its schedules in RT-DETRv2 and DEIM. */
const resnets = {
  r18: ['r18vd', '120e', '120e'],
  r34: ['r34vd', '120e', '120e'],
  'r50-m': ['r50vd_m', '7x', '60e'],
  r50: ['r50vd', '6x', '60e'],
  r101: ['r101vd', '6x', '60e'],
} as const;

const files: Readonly<Partial<Record<ZooName, string>>> = {
  'deimv2-atto': 'deimv2__deimv2__deimv2_hgnetv2_atto_coco',
  'deimv2-femto': 'deimv2__deimv2__deimv2_hgnetv2_femto_coco',
  'deimv2-pico': 'deimv2__deimv2__deimv2_hgnetv2_pico_coco',
  'rtdetr-dla34': 'rtdetr_v1__rtdetr__rtdetr_dla34_6x_coco',
  ...Object.fromEntries(
    [...'smlx'].map((size) => [`deimv2-dinov3-${size}`, `deimv2__deimv2__deimv2_dinov3_${size}_coco`]),
  ),
  ...Object.fromEntries(
    [...'nsmlx'].flatMap((size) => [
      [`deim-dfine-${size}`, `deim__deim_dfine__deim_hgnetv2_${size}_coco`],
      [`dfine-${size}`, `dfine__dfine__dfine_hgnetv2_${size}_coco`],
      [`deimv2-${size}`, `deimv2__deimv2__deimv2_hgnetv2_${size}_coco`],
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(resnets).flatMap(([size, [depth, ours, deim]]) => [
      [`rtdetr-${size}`, `rtdetr_v1__rtdetr__rtdetr_${depth}_6x_coco`],
      [`rtdetrv2-${size}`, `rtdetr__rtdetrv2__rtdetrv2_${depth}_${ours}_coco`],
      [`deim-rtdetrv2-${size}`, `deim__deim_rtdetrv2__deim_${depth}_${deim}_coco`],
    ]),
  ),
  ...Object.fromEntries(
    [...'lxh'].map((size) => [`rtdetrv2-hgnet-${size}`, `rtdetr__rtdetrv2__rtdetrv2_hgnetv2_${size}_6x_coco`]),
  ),
};

type Row = readonly [key: string, dtype: string, shape: number[], kind: 'p' | 'f' | 'b'];

describe('state-dict keys', () => {
  for (const [model, name] of Object.entries(files))
    it(`${model} has the official keys, order, shapes and trainable flags`, (ctx) => {
      const file = referencePath('keys', `${name}.json`);
      if (!file) return ctx.skip('skipped: no reference data');
      const { keys } = JSON.parse(readFileSync(file, 'utf8')) as { keys: Row[] };
      const { parameters } = zoo[model as ZooName]();
      const ours = parameters.map(({ name: key, shape, kind }) => `${key} [${shape}] ${kind === 'trainable'}`);
      expect(ours).toEqual(keys.map(([key, , shape, kind]) => `${key} [${shape}] ${kind === 'p'}`));
      const named = (kind: string) => parameters.filter((spec) => spec.kind === kind).map((spec) => spec.name);
      const ending = (pattern: RegExp) => keys.map(([key]) => key).filter((key) => pattern.test(key));
      expect(named('counter')).toEqual(ending(/num_batches_tracked$/));
      expect(named('derived')).toEqual(ending(/decoder\.(anchors|valid_mask)$/));
    });
});
