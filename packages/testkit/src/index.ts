export * from './assigner.ts';
export * from './brute-force.ts';
export * from './scene.ts';
export type { AssignerPromises } from './suite.ts';
export * from './well-formed.ts';
