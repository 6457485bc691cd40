import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeModel, type Graph } from '@detrain/onnx';
import { keepsHeap } from '../heap.ts';
import type { Runtime } from './runtime.ts';
import type { Values } from './values.ts';

/** What all sessions of an engine share. */
export interface Shared {
  readonly runtime: Runtime;
  readonly threads: number;
  readonly profile: boolean;
  /** Live sessions and the bytes held between sessions; sessions and steps keep them up to date. */
  readonly live: { sessions: number; bytes: number };
}

/** A session with what is needed to end it. */
export interface OpenSession {
  run(feeds: Values): Promise<Values>;
  /** Ends the profile and gives its text; once. */
  endProfile(): Promise<string>;
  release(): Promise<void>;
}

/**
 * Whether sessions keep memory in arenas of their own. In a heap that is kept they share it with each other and with JavaScript instead:
 * a fifth to a quarter less at the peak of training. Inference alone takes as long either way.
 */
const ARENA = !keepsHeap();

/** What stands for the session of a graph without outputs. */
const nothing: OpenSession = { run: async () => ({}), endProfile: async () => '[]', release: async () => {} };

/** Readies a graph to run. */
export const openSession = async (graph: Graph, shared: Shared): Promise<OpenSession> => {
  if (!graph.outputs.length) return nothing;
  const folder = shared.profile ? await mkdtemp(path.join(tmpdir(), 'detrain-profile-')) : undefined;
  const native = await shared.runtime.InferenceSession.create(encodeModel(graph), {
    executionProviders: ['cpu'],
    intraOpNumThreads: shared.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // A profile's records would lie between the blocks of such a heap, and none would be found again.
    enableCpuMemArena: ARENA || shared.profile,
    // Planned memory is as fast as the arena alone and takes 700 MB more (DEIM-D-FINE-N, batch 4).
    enableMemPattern: false,
    logSeverityLevel: 3,
    // Most nodes take less time than a sleeping thread to wake, so threads wait awake for the next one: a tenth of a second session.
    // No longer than this, as two sessions alternate, and others may want the processors.
    extra: { session: { intra_op: { allow_spinning: '1', spin_duration_us: '100' } } },
    ...(folder ? { enableProfiling: true, profileFilePrefix: path.join(folder, 'profile') } : {}),
  });
  shared.live.sessions++;
  return {
    run: async (feeds) => (await native.run(feeds)) as Values,
    endProfile: async () => {
      if (!folder) return '[]';
      native.endProfiling();
      const [file] = await readdir(folder);
      const text = file ? await readFile(path.join(folder, file), 'utf8') : '[]';
      await rm(folder, { recursive: true, force: true });
      return text;
    },
    release: async () => {
      await native.release();
      shared.live.sessions--;
      if (folder) await rm(folder, { recursive: true, force: true });
    },
  };
};
