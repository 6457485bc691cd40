import { makePass } from '@detrain/nn';
import type {} from '@detrain/tooling/setup';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { goldenFeature, goldenImage, toNchw } from '../../golden/src/generate.ts';
import { openReference, type Reference } from '../../nn/test/reference.ts';
import {
  type Backbone,
  type Encoder,
  type HgnetName,
  hgnetv2,
  hybridEncoder,
  liteEncoder,
  presnet,
} from '../src/index.ts';
import { goldenInputs, runProgram } from './helpers.ts';

/** Compares a map with what the reference stored of it: all, or its first and evenly spread elements. */
const expectStored = (reference: Reference, name: string, map: { data: Float32Array }, tolerance: number) => {
  const close = { atol: tolerance, rtol: tolerance };
  if (reference.names.includes(name)) {
    expect(map.data, name).toBeAllclose(reference.floats(name), close);
    return;
  }
  const first = reference.floats(`${name}.first`);
  expect(map.data.slice(0, first.length), name).toBeAllclose(first, close);
  const spread = reference.floats(`${name}.strided`);
  const picked = spread.map((_, i) => map.data[Math.floor((i * map.data.length) / spread.length)]!);
  expect(picked, name).toBeAllclose(spread, close);
};

const nchw = (tensor: Parameters<typeof toNchw>[0]) => toNchw(tensor) as { data: Float32Array };

interface Stages {
  readonly returnIndices: readonly number[];
}

describe('backbones against the official code', () => {
  const hgnet =
    (variant: HgnetName, affine: boolean, freezeNorm = false) =>
    ({ returnIndices }: Stages): Backbone =>
      hgnetv2(variant, { affine, freezeNorm, returnIndices });
  const cases: Readonly<Record<string, (stages: Stages) => Backbone>> = {
    hgnetv2_Atto_lab_160: hgnet('Atto', true),
    hgnetv2_Femto_lab_160: hgnet('Femto', true),
    hgnetv2_Pico_lab_160: hgnet('Pico', true),
    hgnetv2_B0_160: hgnet('B0', false),
    hgnetv2_B0_lab_160: hgnet('B0', true),
    hgnetv2_B4_frozenbn_160: hgnet('B4', false, true),
    presnet18_160: (stages) => presnet(18, stages),
    presnet50_160: (stages) => presnet(50, stages),
  };
  for (const [folder, build] of Object.entries(cases))
    it(folder, async (ctx) => {
      const reference = openReference(ctx, 'backbone', folder);
      const returnIndices = reference.meta['kwargs']['return_idx'] as number[];
      const backbone = build({ returnIndices });
      expect(backbone.parameters).toHaveLength(reference.meta['n_state_keys']);
      const images = goldenImage(reference.meta['image_name'], reference.meta['input_shape']);
      const out = await runProgram(
        (tensors) => {
          const maps = backbone.forward(tensors['images'] as Tensor4D, makePass({ tensors }));
          return Object.fromEntries(maps.map((map, i) => [`stage${returnIndices[i]}`, map]));
        },
        { ...goldenInputs(backbone.parameters), images },
      );
      for (const [name, map] of Object.entries(out)) expectStored(reference, name, nchw(map), 1e-4);
    });
});

describe('encoders against the official code', () => {
  interface Config {
    readonly in_channels: number[];
    readonly feat_strides: number[];
    readonly hidden_dim: number;
    readonly dim_feedforward: number;
    readonly expansion: number;
    readonly depth_mult: number;
  }
  const hybrid = (config: Config, extra: Partial<Parameters<typeof hybridEncoder>[0]> = {}): Encoder =>
    hybridEncoder({
      channels: config.in_channels,
      strides: config.feat_strides,
      hidden: config.hidden_dim,
      feedForward: config.dim_feedforward,
      expansion: config.expansion,
      depth: config.depth_mult,
      positionEmbedding: 'official',
      ...extra,
    });
  const second = { fuse: 'sum', splitCsp: true, skipEqualProjections: true } as const;
  const cases: Readonly<Record<string, (config: Config) => Encoder>> = {
    deimv2_atto_lite_160: ({ hidden_dim: hidden, expansion, depth_mult: depth }) =>
      liteEncoder({ channels: 256, stride: 16, hidden, expansion, depth }),
    deim_dfine_n_160: hybrid,
    deim_dfine_s_192x128: hybrid,
    deimv2_n_160: (config) => hybrid(config, second),
    deimv2_m_160: (config) => hybrid(config, { ...second, convAfterCsp: false }),
    rtdetrv2_r18_160: (config) => hybrid(config, { generation: 'rtdetr' }),
  };
  for (const [folder, build] of Object.entries(cases))
    it(folder, async (ctx) => {
      const reference = openReference(ctx, 'encoder', folder);
      const encoder = build(reference.meta['encoder_config']);
      expect(encoder.parameters).toHaveLength(reference.meta['n_state_keys']);
      const features = (reference.meta['inputs'] as { name: string; shape: number[] }[]).map(({ name, shape }) =>
        goldenFeature(name, shape),
      );
      const inputs = Object.fromEntries(features.map((feature, i) => [`feat${i}`, feature]));
      const out = await runProgram(
        (tensors) => {
          const maps = features.map((_, i) => tensors[`feat${i}`] as Tensor4D);
          const evaluated = encoder.forward(maps, makePass({ tensors }));
          const trained = encoder.forward(maps, makePass({ tensors, training: true }));
          return Object.fromEntries([
            ...evaluated.map((map, i) => [`out${i}`, map]),
            ...trained.map((map, i) => [`train_out${i}`, map]),
          ]);
        },
        { ...goldenInputs(encoder.parameters), ...inputs },
      );
      for (const [name, map] of Object.entries(out))
        expectStored(reference, name, nchw(map), name.startsWith('train') ? 1e-3 : 1e-4);
    });
});
