import { workerData } from 'node:worker_threads';
import { createEngine } from '@detrain/engine';
import { serveTraining } from '@detrain/trainer';
import { learnerOf, type Runner, type Subject } from './subject.ts';

// The module of a worker in `train-step.ts`: it makes the same model as the main thread.
const { subject, runner } = workerData as { readonly subject: Subject; readonly runner: Runner };
serveTraining({ ...learnerOf(subject), engine: await createEngine(runner) });
