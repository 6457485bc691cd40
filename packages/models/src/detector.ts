import type { Detector, Pass, Pyramid } from '@detrain/core/tensors';
import { parametersOf } from '@detrain/nn';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { type Decoder, type DfineDecoderOptions, dfineDecoder } from './dfine-decoder.ts';
import { type HgnetOptions, hgnetv2 } from './hgnetv2.ts';
import type { HgnetName } from './hgnetv2-variants.ts';
import { type HybridEncoderOptions, hybridEncoder } from './hybrid-encoder.ts';
import { type LiteEncoderOptions, liteEncoder } from './lite-encoder.ts';

/** Everything a detector is built from; plain JSON. */
export interface DetectorConfig {
  readonly name: string;
  readonly numClasses: number;
  readonly numQueries: number;
  /** Height and width of the images the anchors of the state dict are for; others work too. */
  readonly inputSize: readonly [height: number, width: number];
  readonly backbone: Omit<HgnetOptions, 'name' | 'deployed'> & { readonly variant: HgnetName };
  readonly encoder:
    | ({ readonly kind: 'hybrid' } & Omit<HybridEncoderOptions, 'channels' | 'strides' | 'name' | 'deployed'>)
    | ({ readonly kind: 'lite' } & Omit<LiteEncoderOptions, 'channels' | 'stride' | 'name' | 'deployed'>);
  readonly decoder: Omit<DfineDecoderOptions, 'channels' | 'numClasses' | 'numQueries' | 'sizes' | 'name' | 'deployed'>;
  /** For inference only: folded convolutions, no training heads. Default false. */
  readonly deployed?: boolean;
}

/** A detector that also says how it was built and which tokens its queries come from. */
export interface ZooDetector extends Detector {
  readonly config: DetectorConfig;
  /** int32 `[batch, queries]` */
  select(pyramid: Pyramid, pass: Pass): Tensor2D;
}

/** A detector from its configuration: backbone, encoder and decoder under official parameter names. */
export const createDetector = (config: DetectorConfig): ZooDetector => {
  const { numClasses, numQueries, inputSize, deployed = false } = config;
  const { variant, ...backboneOptions } = config.backbone;
  const backbone = hgnetv2(variant, { ...backboneOptions, deployed });
  const { kind, ...encoderOptions } = config.encoder;
  const encoder =
    kind === 'hybrid'
      ? hybridEncoder({
          ...(encoderOptions as HybridEncoderOptions),
          deployed,
          channels: backbone.channels,
          strides: backbone.strides,
        })
      : liteEncoder({
          ...(encoderOptions as LiteEncoderOptions),
          deployed,
          channels: backbone.channels[0] as number,
          stride: backbone.strides[0] as number,
        });
  const sizes = encoder.strides.map((stride) => ({
    height: Math.ceil(inputSize[0] / stride),
    width: Math.ceil(inputSize[1] / stride),
  }));
  const decoder: Decoder = dfineDecoder({
    ...config.decoder,
    deployed,
    channels: encoder.channels,
    numClasses,
    numQueries,
    sizes,
  });
  return {
    name: config.name,
    options: JSON.parse(JSON.stringify(config)) as Record<string, unknown>,
    config,
    numClasses,
    numQueries,
    outputs: { layers: config.decoder.layers, pre: true, encoder: true },
    parameters: parametersOf(backbone, decoder, encoder),
    encode: (images, pass) => ({
      levels: encoder.forward(backbone.forward(images, pass), pass),
      strides: encoder.strides,
    }),
    decode: (pyramid, pass, extra = []) => decoder.forward({ pyramid, extra }, pass),
    select: (pyramid, pass) => decoder.select(pyramid, pass),
  };
};
