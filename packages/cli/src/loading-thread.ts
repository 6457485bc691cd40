import { workerData } from 'node:worker_threads';
import { serveBatches } from '@detrain/data';
import { configOf } from './config/of-call.ts';
import { trainingLoader } from './run/batches.ts';
import { openSplit } from './run/data.ts';
import { learnerOf } from './run/learner.ts';
import { firstImages } from './run/subset.ts';
import type { LoadingThreadData } from './threads.ts';

// The module of a loader's thread. Data sets and augmentations hold functions, which cannot be sent: each thread opens and makes its own.
const { call, context, split, images } = workerData as LoadingThreadData;
const config = { ...(await configOf(call)), batchSize: context.batchSize };
const dataset = firstImages(await openSplit(config, split), images);
serveBatches(trainingLoader(config, dataset, learnerOf(config, context).recipe));
