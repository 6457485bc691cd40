import type { HostTensors } from '@detrain/core';
import { trace } from '@detrain/onnx';
import { specsOf, toTensors } from '../host.ts';
import type { Inference, InferenceProgram, Tensors } from '../types.ts';
import { createCache, createQueue, keyOf } from './cache.ts';
import { fuseTransposes } from './fuse-transposes.ts';
import { renamed, withPrefix } from './names.ts';
import { type OpenSession, openSession, type Shared } from './session.ts';
import { steady } from './steady.ts';
import { feed, pick } from './values.ts';

/** Readies a program for inference: one session for each set of input shapes. What is fixed are constants of the graph. */
export const compiledInference = (
  program: InferenceProgram,
  shared: Shared,
  cacheSize: number,
  fixed: HostTensors = {},
): Inference => {
  specsOf(fixed);
  const queue = createQueue();
  const cache = createCache<{ session: OpenSession; inputs: Parameters<typeof feed>[1] }>(cacheSize, ({ session }) =>
    session.release(),
  );
  return {
    run: (inputs) =>
      queue(async () => {
        const specs = specsOf(inputs);
        const { session, inputs: named } = await cache.get(keyOf(specs), async () => {
          const run = (given: Tensors) =>
            renamed('output:', program.run({ ...toTensors(fixed), ...withPrefix('input:', given) }));
          const graph = fuseTransposes(steady(trace(run, renamed('input:', specs))));
          return { session: await openSession(graph, shared), inputs: graph.inputs };
        });
        return pick(await session.run(feed(shared.runtime, named, 'input:', inputs)), 'output:');
      }),
    dispose: () => queue(() => cache.clear()),
  };
};
