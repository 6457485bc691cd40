/**
 * Modules with named parameters on tfjs.
 *
 * @module
 */
export * from './activations.ts';
export * from './attention.ts';
export * from './batch-norm.ts';
export * from './bilinear.ts';
export * from './convolution.ts';
export * from './deformable-attention.ts';
export * from './discrete.ts';
export * from './embedding.ts';
export * from './gate.ts';
export * from './hat-matrix.ts';
export * from './initialise.ts';
export * from './initialisers.ts';
export * from './inverse-sigmoid.ts';
export { learnableAffine } from './lab.ts';
export * from './layer-norm.ts';
export * from './linear.ts';
export * from './mlp.ts';
export * from './module.ts';
export { channelMean } from './normalize.ts';
export * from './pass.ts';
export * from './position-embedding.ts';
export * from './projected-deformable-attention.ts';
export * from './resize.ts';
export * from './roi-align.ts';
export * from './sine-embedding.ts';
export * from './sine-map.ts';
export * from './swiglu.ts';
export * from './tape.ts';
export * from './tokens.ts';
