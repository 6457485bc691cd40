import path from 'node:path';
import type { HostTensor } from '@detrain/core';
import { startThread } from '@detrain/core/threads';
import { type LoaderThreads, loaderInThreads } from '@detrain/data';
import { resolveThreads } from '@detrain/engine';
import { startTrainingWorkers, type TrainingWorkers } from '@detrain/trainer';
import type { TrainCall } from './config/of-call.ts';
import type { RecipeContext } from './config/types.ts';

/** What a training worker makes its detector and recipe from. */
export interface TrainingThreadData {
  readonly call: TrainCall;
  readonly context: RecipeContext;
  /** Threads of its engine. */
  readonly threads: number;
  readonly profile: boolean;
}

/** What a loader's thread makes its batches from. */
export interface LoadingThreadData extends Pick<TrainingThreadData, 'call' | 'context'> {
  readonly split: string;
  /** Its first images are used, so many. */
  readonly images: number;
}

// Modules of threads lie beside this one: in the source tree by the folder, in the build because all is in one.
const moduleOf = (name: string) => new URL(`./${name}${path.extname(import.meta.url)}`, import.meta.url);

/** Starts the workers of a run, which share its threads. */
export const startTrainingThreads = ({
  count,
  threads,
  parameters,
  ...data
}: Omit<TrainingThreadData, 'threads'> & {
  readonly count: number;
  /** In all; as many as the processors where undefined. */
  readonly threads: number | undefined;
  readonly parameters: ReadonlyMap<string, HostTensor>;
}): Promise<TrainingWorkers> => {
  const workerData: TrainingThreadData = { ...data, threads: Math.max(1, Math.floor(resolveThreads(threads) / count)) };
  return startTrainingWorkers({ count, parameters, start: () => startThread(moduleOf('training-thread'), workerData) });
};

/** Starts the threads that decode and augment a run's images. */
export const startLoadingThreads = (count: number, data: LoadingThreadData): LoaderThreads =>
  loaderInThreads({
    count,
    start: () => startThread(moduleOf('loading-thread'), data),
    stepsPerEpoch: data.context.stepsPerEpoch,
    epochs: data.context.epochs,
  });
