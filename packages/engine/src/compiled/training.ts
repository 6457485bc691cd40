import { specsOf } from '../host.ts';
import { costliestFirst } from '../node-times.ts';
import { checkTrainable } from '../program.ts';
import type { Training, TrainingProgram } from '../types.ts';
import { createCache, createQueue, keyOf } from './cache.ts';
import type { Shared } from './session.ts';
import { type CompiledStep, compileStep } from './step.ts';

/** Readies a training program: a compiled step for each set of input shapes, the last few kept. */
export const compiledTraining = (program: TrainingProgram, shared: Shared, cacheSize: number): Training => {
  const queue = createQueue();
  const cache = createCache<CompiledStep>(cacheSize, (step) => step.release());
  return {
    step: (inputs, assign) =>
      queue(async () => {
        checkTrainable(program, inputs);
        const specs = specsOf(inputs);
        const step = await cache.get(keyOf(specs), () => compileStep(program, specs, shared));
        return step.run(inputs, assign);
      }),
    profile: () =>
      queue(async () => {
        if (!shared.profile) return [];
        const nodes = [];
        for (const step of cache.values()) nodes.push(...(await step.profile()));
        return costliestFirst(nodes);
      }),
    dispose: () => queue(() => cache.clear()),
  };
};
