import type { Worker } from 'node:worker_threads';
import { fail, type HostTensor, type HostTensors } from '@detrain/core';
import { askThread } from '@detrain/core/threads';
import type { EngineMemory, NodeTime, StepResult } from '@detrain/engine';
import type { ObjectiveRequest } from './objective.ts';
import { breakUp, sharedMemory } from './shared-collective.ts';
import { sharedTensors, viewOf } from './shared-tensors.ts';
import { shareOf, spansOf } from './shares.ts';
import type { Ask, Exchange, Question } from './worker-messages.ts';

/** Threads that compute a step together, each a share of the batch. */
export interface TrainingWorkers {
  readonly count: number;
  /**
   * The objective of a batch and its gradients; its tensors are overwritten by the next step. Seconds are those of the slowest worker.
   * Throws where there are fewer images than workers, and where a worker fails: then nothing more can be computed.
   */
  step(parameters: ReadonlyMap<string, HostTensor>, request: ObjectiveRequest): Promise<StepResult>;
  /** As `Training.profile`, of the first worker. */
  profile(): Promise<readonly NodeTime[]>;
  /** What each worker's engine holds. */
  memory(): Promise<readonly EngineMemory[]>;
  dispose(): Promise<void>;
}

/** How workers are started. */
export interface TrainingWorkersOptions {
  readonly count: number;
  /** Starts a thread whose module calls `serveTraining`. */
  readonly start: (rank: number) => Worker;
  /** All of the model's; those of each step must have the same names and shapes. */
  readonly parameters: ReadonlyMap<string, HostTensor>;
}

/** A worker as the main thread sees it. Whatever fails in it is final: the others cannot go on without it. */
const seatedWorker = (thread: Worker, rank: number, onFailed: (error: Error) => void) => {
  const { ask, end } = askThread(thread);
  return {
    end,
    ask: async <K extends Question>(kind: K, value: Exchange[K]['ask'], moved: readonly ArrayBuffer[] = []) => {
      try {
        return (await ask({ kind, value } as Ask, moved)) as Exchange[K]['answer'];
      } catch (thrown) {
        const cause = thrown as Error;
        const error = new Error(`trainer: worker ${rank} failed: ${cause.message}`, { cause });
        // The worker's own stack says where; this thread's says nothing.
        if (cause.stack) error.stack = `${error.message}\n${cause.stack}`;
        onFailed(error);
        throw error;
      }
    },
  };
};

const sumOf = (values: readonly Readonly<Record<string, number>>[]): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const one of values) for (const [name, value] of Object.entries(one)) sums[name] = (sums[name] ?? 0) + value;
  return sums;
};

/** Starts threads that share each step, and waits until they are ready. Throws, with the worker's own stack, where one fails to start. */
export const startTrainingWorkers = async ({
  count,
  start,
  parameters,
}: TrainingWorkersOptions): Promise<TrainingWorkers> => {
  if (!(Number.isInteger(count) && count >= 1))
    fail('trainer', `${count} workers`, 'A whole number from 1 is wanted', 'Correct the number of workers');
  const shared = sharedTensors(parameters);
  const results = sharedTensors(parameters);
  const memory = sharedMemory(count, shared.length);
  let failure: Error | undefined;
  const onFailed = (error: Error) => {
    failure ??= error;
    breakUp(memory);
  };
  const workers = Array.from({ length: count }, (_, rank) => seatedWorker(start(rank), rank, onFailed));

  /** Asks all of them; the first failure counts, as the others' only follow from it. */
  const all = async <T>(ask: (worker: (typeof workers)[number], rank: number) => Promise<T>): Promise<T[]> => {
    if (failure) throw failure;
    const answers = await Promise.allSettled(workers.map(ask));
    if (failure) throw failure;
    return answers.map((answer) => (answer as PromiseFulfilledResult<T>).value);
  };
  const terminate = () => Promise.all(workers.map(({ end }) => end()));
  const viewsOf = (names: readonly string[]): HostTensors =>
    Object.fromEntries(names.map((name) => [name, viewOf(results, name)]));

  try {
    await all(({ ask }, rank) => ask('join', { rank, memory, parameters: shared, results }));
  } catch (error) {
    await terminate();
    throw error;
  }
  return {
    count,
    step: async (current, request) => {
      const batch = request.targets.length;
      const spans = spansOf(batch, count);
      for (const [name, { data }] of current) viewOf(shared, name).data.set(data);
      const answers = await all(({ ask }, rank) => {
        const span = spans[rank] as (typeof spans)[number];
        const share = shareOf(request, span);
        return ask('step', { request: share, first: span.first, batch }, [share.images.data.buffer as ArrayBuffer]);
      });
      const [{ gradients, updates }] = answers as [Exchange['step']['answer']];
      const slowest = (part: 'forward' | 'assign' | 'backward') =>
        Math.max(...answers.map(({ seconds }) => seconds[part]));
      return {
        total: answers.reduce((sum, { total }) => sum + total, 0),
        terms: sumOf(answers.map(({ terms }) => terms)),
        gradients: viewsOf(gradients),
        updates: viewsOf(updates),
        seconds: { forward: slowest('forward'), assign: slowest('assign'), backward: slowest('backward') },
      };
    },
    profile: async () =>
      (await all(({ ask }, rank) => (rank === 0 ? ask('profile', null) : Promise.resolve([]))))[0] ?? [],
    memory: () => all(({ ask }) => ask('memory', null)),
    dispose: async () => {
      if (!failure) await all(({ ask }) => ask('end', null));
      await terminate();
    },
  };
};
