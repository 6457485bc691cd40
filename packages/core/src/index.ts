export * from './rng.ts';
export * from './types.ts';
