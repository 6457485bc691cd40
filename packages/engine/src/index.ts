export { type StepMemory, stepMemory } from './compiled/memory.ts';
export { createEngine } from './create.ts';
export { checkNativeEngine, type NativeCheck } from './eager/check.ts';
export { type EngineReport, inspectEngines } from './inspect.ts';
export { resolveThreads } from './threads.ts';
export type * from './types.ts';
