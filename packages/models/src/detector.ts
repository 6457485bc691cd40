import type { Detector, Pass, Pyramid } from '@detrain/core/tensors';
import { parametersOf } from '@detrain/nn';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { type BackboneConfig, createBackbone } from './backbones.ts';
import { createDecoder, type DecoderConfig } from './decoders.ts';
import { createEncoder, type EncoderConfig } from './encoders.ts';
import { type ImageNormalization, normalizeImages } from './normalize.ts';

/** Everything a detector is built from; plain JSON. */
export interface DetectorConfig {
  readonly name: string;
  readonly numClasses: number;
  readonly numQueries: number;
  /** Height and width of the images the anchors of the state dict are for; others work too. */
  readonly inputSize: readonly [height: number, width: number];
  /** What the forward pass itself does to images first, so that callers always give [0, 1]. Default nothing. */
  readonly normalize?: ImageNormalization;
  readonly backbone: BackboneConfig;
  readonly encoder: EncoderConfig;
  readonly decoder: DecoderConfig;
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
  const { numClasses, numQueries, inputSize, normalize, deployed = false } = config;
  const backbone = createBackbone(config.backbone, deployed);
  const encoder = createEncoder(config.encoder, backbone, deployed);
  const sizes = encoder.strides.map((stride) => ({
    height: Math.ceil(inputSize[0] / stride),
    width: Math.ceil(inputSize[1] / stride),
  }));
  const decoder = createDecoder(config.decoder, {
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
    outputs: decoder.outputs,
    parameters: parametersOf(backbone, decoder, encoder),
    encode: (images, pass) => {
      const maps = backbone.forward(normalize ? normalizeImages(images, normalize) : images, pass);
      return { levels: encoder.forward(maps, pass), strides: encoder.strides };
    },
    decode: (pyramid, pass, extra = []) => decoder.forward({ pyramid, extra }, pass),
    select: (pyramid, pass) => decoder.select(pyramid, pass),
  };
};
