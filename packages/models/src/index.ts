/**
 * Backbones, encoders, decoders and the zoo.
 *
 * @module
 */
export * from './anchors.ts';
export * from './auxiliary-queries.ts';
export type { Backbone } from './backbone.ts';
export * from './backbones.ts';
export * from './conv-norm.ts';
export * from './csp.ts';
export type { Decoder, DecoderInput } from './decoder.ts';
export * from './decoder-layer.ts';
export * from './decoders.ts';
export { deploy } from './deploy.ts';
export * from './detector.ts';
export * from './dfine-decoder.ts';
export * from './dinov3.ts';
export * from './dla.ts';
export * from './encoder-layer.ts';
export * from './encoders.ts';
export * from './fdr.ts';
export * from './hgnetv2.ts';
export * from './hgnetv2-variants.ts';
export * from './hybrid-encoder.ts';
export * from './known-queries.ts';
export * from './last-heads.ts';
export * from './layer-depth.ts';
export * from './lite-encoder.ts';
export * from './lqe.ts';
export * from './normalize.ts';
export * from './postprocess.ts';
export * from './presnet.ts';
export * from './query-selection.ts';
export * from './rep-vgg.ts';
export * from './rtdetr-decoder.ts';
export * from './unfold.ts';
export * from './vit-variants.ts';
export * from './zoo.ts';
export type { ZooOptions } from './zoo-options.ts';
export type { RtdetrZooOptions } from './zoo-rtdetr.ts';
