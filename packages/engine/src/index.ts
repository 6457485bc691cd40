export { createEngine } from './create.ts';
export { type EngineReport, inspectEngines } from './inspect.ts';
export { resolveThreads } from './threads.ts';
export type * from './types.ts';
