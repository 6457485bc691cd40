import type { Worker } from 'node:worker_threads';
import { answerQuestions, askThread } from '@detrain/core/threads';
import { batchesAhead } from './ahead.ts';
import type { Batch, Loader, Place } from './loader.ts';

export interface LoaderThreadsOptions {
  readonly count: number;
  /** Starts a thread whose module calls `serveBatches`. */
  readonly start: (index: number) => Worker;
  /** Batches an epoch: those of the threads' loaders. */
  readonly stepsPerEpoch: number;
  /** Epochs of the whole run (1). */
  readonly epochs?: number;
  /** Batches made ahead of the one in use (2, and enough for each thread to have one). */
  readonly ahead?: number;
}

/** A loader whose batches are made in threads. */
export interface LoaderThreads extends Loader {
  /** Ends the threads. */
  dispose(): Promise<void>;
}

/** Makes this worker thread give batches of a loader: the same one in every thread. Throws in the main thread. */
export const serveBatches = (loader: Pick<Loader, 'batch'>): void =>
  answerQuestions<Place>(async (place) => {
    const batch = await loader.batch(place);
    return { value: batch, moved: [batch.images.data.buffer as ArrayBuffer] };
  });

/**
 * Batches that threads decode and augment while this one is busy. A batch does not depend on who makes it, so any number of threads gives
 * the same. Batches that cannot be made, and threads that fail, are reported when their turn comes.
 */
export const loaderInThreads = ({
  count,
  start,
  stepsPerEpoch,
  epochs = 1,
  ahead = Math.max(2, count),
}: LoaderThreadsOptions): LoaderThreads => {
  const threads = Array.from({ length: count }, (_, index) => askThread(start(index)));
  let asked = 0;
  const batch = (place: Place) => (threads[asked++ % count] as (typeof threads)[number]).ask(place) as Promise<Batch>;
  return {
    ...batchesAhead(batch, { stepsPerEpoch, epochs, ahead }),
    dispose: async () => {
      await Promise.all(threads.map(({ end }) => end()));
    },
  };
};
