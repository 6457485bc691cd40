export * from './cache.ts';
export { type CheckOptions, checkDataset } from './check/check.ts';
export { decodeImage, type ImageHeader, readHeader } from './decode.ts';
export * from './loader.ts';
export { findLayout, formatProblem, LAYOUTS, type OpenOptions, openDataset } from './open.ts';
export type * from './types.ts';
