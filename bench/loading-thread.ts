import { workerData } from 'node:worker_threads';
import { serveBatches } from '@detrain/data';
import { type BatchesOptions, trainingBatches } from './training-batches.ts';

// The module of a loader's thread in `load-batches.ts`.
serveBatches(await trainingBatches(workerData as BatchesOptions));
