export * from './assigner.ts';
export * from './brute-force.ts';
export type { AssignerPromises, Symmetry } from './promises.ts';
export * from './scene.ts';
export * from './scene-arbitrary.ts';
export * from './scene-text.ts';
export type { Check } from './suite.ts';
export * from './well-formed.ts';
