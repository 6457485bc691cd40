import { tf } from '../tf.ts';
import { resolveThreads } from '../threads.ts';
import type { Engine, EngineOptions } from '../types.ts';
import { compiledInference } from './inference.ts';
import { loadRuntime, runtimeVersion } from './runtime.ts';
import type { Shared } from './session.ts';
import { compiledTraining } from './training.ts';

/** The engine that runs traced programs on onnxruntime; resolves to the reason where that does not load. */
export const createCompiledEngine = async (options: EngineOptions): Promise<Engine | string> => {
  const runtime = await loadRuntime();
  if (typeof runtime === 'string') return runtime;
  const { cacheSize = 4, profile = false } = options;
  const threads = resolveThreads(options.threads);
  const shared: Shared = { runtime, threads, profile, live: { sessions: 0, bytes: 0 } };
  const made = new Set<{ dispose(): Promise<void> }>();
  const keep = <T extends { dispose(): Promise<void> }>(ready: T): T => {
    const kept: T = {
      ...ready,
      dispose: async () => {
        made.delete(kept);
        await ready.dispose();
      },
    };
    made.add(kept);
    return kept;
  };
  return {
    name: 'compiled',
    describe: () => `compiled: onnxruntime-node ${runtimeVersion()}, ${threads} thread${threads === 1 ? '' : 's'}`,
    inference: (program, fixed) => keep(compiledInference(program, shared, cacheSize, fixed)),
    training: (program) => keep(compiledTraining(program, shared, cacheSize)),
    memory: () => {
      const { numTensors, numBytes } = tf.memory();
      return { tensors: numTensors, bytes: numBytes + shared.live.bytes, sessions: shared.live.sessions };
    },
    dispose: async () => {
      for (const ready of [...made]) await ready.dispose();
    },
  };
};
