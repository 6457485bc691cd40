import type { BackboneConfig } from './backbones.ts';
import type { DetectorConfig } from './detector.ts';
import type { PresnetDepth } from './presnet.ts';
import type { RtdetrDecoderOptions } from './rtdetr-decoder.ts';
import { commonConfig, type ZooOptions } from './zoo-options.ts';

/** Sizes of RT-DETR on ResNets. */
export type ResnetSize = 'r18' | 'r34' | 'r50-m' | 'r50' | 'r101';
/** Sizes of RT-DETRv2 on HGNetv2. */
export type HgnetSize = 'hgnet-l' | 'hgnet-x' | 'hgnet-h';
/** All sizes; the last is the first version on DLA-34. */
export type RtdetrSize = ResnetSize | HgnetSize | 'dla34';

/** What of an RT-DETR model may be changed without leaving its published shapes. */
export interface RtdetrZooOptions extends ZooOptions {
  /** Sampling points a level, as in the published ablation. Default 4. */
  readonly points?: 1 | 2 | 3 | 4;
  /** `discrete` for devices without bilinear sampling: fine-tune from a trained model. Default bilinear. */
  readonly sampling?: NonNullable<RtdetrDecoderOptions['sampling']>;
  /** Maps of the encoder's width enter it as they are: the checkpoints of DEIMv2's repository. Default false. */
  readonly skipEqualProjections?: boolean;
}

interface ResnetRow {
  readonly depth: PresnetDepth;
  readonly expansion: number;
  readonly layers: number;
  /** The third of six layers counts: a lighter model from the same training. */
  readonly evalLayer?: number;
}

const resnets: Readonly<Record<ResnetSize, ResnetRow>> = {
  r18: { depth: 18, expansion: 0.5, layers: 3 },
  r34: { depth: 34, expansion: 0.5, layers: 4 },
  'r50-m': { depth: 50, expansion: 0.5, layers: 6, evalLayer: 2 },
  r50: { depth: 50, expansion: 1, layers: 6 },
  r101: { depth: 101, expansion: 1, layers: 6 },
};
const hgnets = { 'hgnet-l': 'B4', 'hgnet-x': 'B5', 'hgnet-h': 'B6' } as const;

/** RT-DETR, its second version, and that trained as DEIM does. */
export type RtdetrFamily = 'rtdetr' | 'rtdetrv2' | 'deim-rtdetrv2';

const backboneOf = (family: RtdetrFamily, size: RtdetrSize): BackboneConfig => {
  if (size === 'dla34') return { kind: 'dla34' };
  if (size in hgnets)
    return {
      kind: 'hgnetv2',
      variant: hgnets[size as HgnetSize],
      freezeStem: true,
      freezeNorm: true,
      naming: 'rtdetr',
    };
  const { depth } = resnets[size as ResnetSize];
  // DEIM trains all of every backbone; RT-DETR only where there is little of it.
  const frozen = family !== 'deim-rtdetrv2' && depth >= 50;
  return { kind: 'presnet', depth, ...(frozen ? { freezeAt: 0, freezeNorm: true } : {}) };
};

const encoderWidths = (size: RtdetrSize) => {
  if (size === 'r101' || size === 'hgnet-x') return { hidden: 384, feedForward: 2048 };
  if (size === 'hgnet-h') return { hidden: 512, feedForward: 2048, attentionLayers: 2 };
  return { hidden: 256, feedForward: 1024 };
};

/** The configuration of RT-DETR, RT-DETRv2 or DEIM on RT-DETRv2. */
export const rtdetrFamily = (family: RtdetrFamily, size: RtdetrSize, options: RtdetrZooOptions): DetectorConfig => {
  const { points = 4, sampling, skipEqualProjections, positionEmbedding } = options;
  const { expansion, layers, evalLayer } = size in resnets ? resnets[size as ResnetSize] : resnets.r50;
  const deim = family === 'deim-rtdetrv2';
  // DEIM trains no more layers than count.
  const depth =
    deim && evalLayer !== undefined
      ? { layers: evalLayer + 1 }
      : { layers, ...(evalLayer !== undefined && { evalLayer }) };
  return {
    ...commonConfig(`${family}-${size}`, options, 300, 640),
    backbone: backboneOf(family, size),
    encoder: {
      kind: 'hybrid',
      generation: 'rtdetr',
      ...encoderWidths(size),
      expansion,
      depth: 1,
      ...(family === 'rtdetr' && { numberedProjections: true }),
      ...(skipEqualProjections && { skipEqualProjections }),
      ...(positionEmbedding && { positionEmbedding }),
    },
    decoder: {
      kind: 'rtdetr',
      dim: 256,
      feedForward: 1024,
      ...depth,
      points: [points, points, points],
      activation: deim ? 'silu' : 'relu',
      positionLayers: deim ? 3 : 2,
      version: family === 'rtdetr' ? 'v1' : 'v2',
      ...(sampling && { sampling }),
    },
  };
};
