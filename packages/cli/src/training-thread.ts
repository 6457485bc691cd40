import { workerData } from 'node:worker_threads';
import { createEngine } from '@detrain/engine';
import { serveTraining } from '@detrain/trainer';
import { configOf } from './config/of-call.ts';
import { learnerOf } from './run/learner.ts';
import type { TrainingThreadData } from './threads.ts';

// The module of a training worker. Recipes and detectors hold functions, which cannot be sent: each thread makes its own of the same config.
const { call, context, threads, profile } = workerData as TrainingThreadData;
const config = await configOf(call);
serveTraining({
  ...learnerOf(config, context),
  batchStatistics: config.batchNorm === 'batch',
  engine: await createEngine({ engine: config.engine, threads, profile }),
});
