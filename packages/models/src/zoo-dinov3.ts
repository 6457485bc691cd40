import type { DetectorConfig } from './detector.ts';
import type { Dinov3Options } from './dinov3.ts';
import { IMAGENET } from './normalize.ts';
import type { VitName } from './vit-variants.ts';
import { commonConfig, type ZooOptions } from './zoo-options.ts';

/** Sizes of DEIMv2 on vision transformers. */
export type Dinov3Size = 's' | 'm' | 'l' | 'x';

interface Dinov3Row {
  readonly backbone: Omit<Dinov3Options, 'name' | 'deployed'>;
  readonly hidden: number;
  readonly encoder: { readonly feedForward: number; readonly expansion: number; readonly depth: number };
  readonly decoder: { readonly feedForward: number; readonly layers: number };
}

const row = (
  [variant, layers, adapter]: readonly [VitName, Dinov3Options['layers'], number],
  hidden: number,
  [feedForward, expansion, depth]: readonly [number, number, number],
  [decoderFeedForward, decoderLayers]: readonly [number, number],
): Dinov3Row => ({
  backbone: { variant, layers, adapter, hidden },
  hidden,
  encoder: { feedForward, expansion, depth },
  decoder: { feedForward: decoderFeedForward, layers: decoderLayers },
});

const sizes: Readonly<Record<Dinov3Size, Dinov3Row>> = {
  s: row(['vit_tiny', [3, 7, 11], 16], 192, [512, 0.34, 0.67], [512, 4]),
  m: row(['vit_tinyplus', [3, 7, 11], 16], 256, [512, 0.67, 1], [512, 4]),
  l: row(['dinov3_vits16', [5, 8, 11], 32], 224, [896, 1, 1], [1792, 4]),
  x: row(['dinov3_vits16plus', [5, 8, 11], 64], 256, [1024, 1.25, 1.37], [2048, 6]),
};

/** The configuration of a DEIMv2 model on a vision transformer, which takes images in [0, 1] as all others do. */
export const dinov3Family = (size: Dinov3Size, options: ZooOptions): DetectorConfig => {
  const { backbone, hidden, encoder, decoder } = sizes[size];
  return {
    ...commonConfig(`deimv2-dinov3-${size}`, options, 300, 640),
    normalize: IMAGENET,
    backbone: { kind: 'dinov3', ...backbone },
    encoder: {
      kind: 'hybrid',
      hidden,
      ...encoder,
      fuse: 'sum',
      splitCsp: true,
      convAfterCsp: false,
      skipEqualProjections: true,
      ...(options.positionEmbedding && { positionEmbedding: options.positionEmbedding }),
    },
    decoder: {
      kind: 'dfine',
      ...decoder,
      dim: hidden,
      points: [3, 6, 3],
      regScale: 4,
      generation: 'deimv2',
      activation: 'silu',
    },
  };
};
