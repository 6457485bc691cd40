/**
 * Backbones, encoders, decoders and the zoo.
 *
 * @module
 */
export * from './anchors.ts';
export * from './conv-norm.ts';
export * from './csp.ts';
export * from './decoder-layer.ts';
export * from './deploy.ts';
export * from './detector.ts';
export * from './dfine-decoder.ts';
export * from './encoder-layer.ts';
export * from './fdr.ts';
export * from './hgnetv2.ts';
export * from './hgnetv2-variants.ts';
export * from './hybrid-encoder.ts';
export * from './known-queries.ts';
export * from './lite-encoder.ts';
export * from './lqe.ts';
export * from './postprocess.ts';
export * from './query-selection.ts';
export * from './rep-vgg.ts';
export * from './zoo.ts';
