import type { DetectorConfig } from './detector.ts';
import type { HgnetName } from './hgnetv2-variants.ts';
import { commonConfig, type ZooOptions } from './zoo-options.ts';

/** Sizes of the D-FINE family. */
export type Size = 'n' | 's' | 'm' | 'l' | 'x';
/** D-FINE, DEIM on D-FINE, and DEIMv2 on HGNetv2. */
export type DfineFamily = 'dfine' | 'deim-dfine' | 'deimv2';
/** Sizes of DEIMv2 with the lite encoder. */
export type LiteSize = 'atto' | 'femto' | 'pico';

interface SizeRow {
  readonly variant: HgnetName;
  readonly affine: boolean;
  readonly encoder: {
    readonly hidden: number;
    readonly feedForward: number;
    readonly expansion: number;
    readonly depth: number;
  };
  readonly decoder: { readonly feedForward: number; readonly layers: number; readonly regScale: number };
}

const row = (
  variant: HgnetName,
  affine: boolean,
  [hidden, feedForward, expansion, depth]: readonly [number, number, number, number],
  [decoderFeedForward, layers, regScale]: readonly [number, number, number],
): SizeRow => ({
  variant,
  affine,
  encoder: { hidden, feedForward, expansion, depth },
  decoder: { feedForward: decoderFeedForward, layers, regScale },
});

const sizes: Readonly<Record<Size, SizeRow>> = {
  n: row('B0', true, [128, 512, 0.34, 0.5], [512, 3, 4]),
  s: row('B0', true, [256, 1024, 0.5, 0.34], [1024, 3, 4]),
  m: row('B2', true, [256, 1024, 1, 0.67], [1024, 4, 4]),
  l: row('B4', false, [256, 1024, 1, 1], [1024, 6, 4]),
  x: row('B5', false, [384, 2048, 1, 1], [1024, 6, 8]),
};

/** The configuration of D-FINE, DEIM on D-FINE, or DEIMv2 on HGNetv2. */
export const dfineFamily = (family: DfineFamily, size: Size, options: ZooOptions): DetectorConfig => {
  const { variant, affine, encoder, decoder } = sizes[size];
  const large = size === 'l' || size === 'x';
  const v2 = family === 'deimv2';
  const frozen = (family === 'dfine' && large) || (v2 && size === 'x');
  return {
    ...commonConfig(`${family}-${size}`, options, 300, 640),
    backbone: {
      kind: 'hgnetv2',
      variant,
      affine,
      returnIndices: size === 'n' ? [2, 3] : [1, 2, 3],
      ...(frozen ? { freezeStem: true, freezeNorm: true } : {}),
    },
    encoder: {
      kind: 'hybrid',
      ...encoder,
      ...(v2
        ? { fuse: 'sum', splitCsp: true, skipEqualProjections: true, convAfterCsp: size === 'n' || size === 's' }
        : {}),
      ...(options.positionEmbedding ? { positionEmbedding: options.positionEmbedding } : {}),
    },
    decoder: {
      kind: 'dfine',
      ...decoder,
      ...(v2 && size !== 'n' ? { feedForward: 2048 } : {}),
      dim: size === 'n' ? 128 : 256,
      points: size === 'n' ? [6, 6] : [3, 6, 3],
      generation: v2 ? 'deimv2' : 'dfine',
      activation: family === 'dfine' ? 'relu' : 'silu',
    },
  };
};

const lite: Readonly<
  Record<LiteSize, readonly [HgnetName, dim: number, feedForward: number, queries: number, side: number]>
> = {
  atto: ['Atto', 64, 160, 100, 320],
  femto: ['Femto', 96, 256, 150, 416],
  pico: ['Pico', 112, 320, 200, 640],
};

/** The configuration of a DEIMv2 model with the lite encoder. */
export const liteFamily = (size: LiteSize, options: ZooOptions): DetectorConfig => {
  const [variant, dim, feedForward, queries, side] = lite[size];
  return {
    ...commonConfig(`deimv2-${size}`, options, queries, side),
    backbone: { kind: 'hgnetv2', variant, affine: true, returnIndices: [2] },
    encoder: { kind: 'lite', hidden: dim, expansion: 0.34, depth: 0.5 },
    decoder: {
      kind: 'dfine',
      dim,
      feedForward,
      layers: 3,
      points: [4, 2],
      generation: 'deimv2',
      activation: 'silu',
      gateway: false,
      shareBoxHead: true,
    },
  };
};
