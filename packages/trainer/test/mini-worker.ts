import { workerData } from 'node:worker_threads';
import type { Assigner } from '@detrain/core';
import { createEngine } from '@detrain/engine';
import { hungarian } from '@detrain/matcher-hungarian';
import { serveTraining } from '../src/index.ts';
import { miniDetector, miniRecipe } from './mini.ts';

/** How a test wants its workers. */
export interface MiniWorkerData {
  readonly engine: 'cpu' | 'compiled';
  readonly batchStatistics: boolean;
  /** From this step on matching throws. */
  readonly failsAt?: number;
  /** The step in which the thread ends without a word. */
  readonly leavesAt?: number;
}

const { engine, batchStatistics, failsAt = Number.POSITIVE_INFINITY, leavesAt } = workerData as MiniWorkerData;
const matcher = hungarian();
const assigner: Assigner = {
  ...matcher,
  assign: (candidates, targets, context) => {
    if (context.step === leavesAt) process.exit(3);
    if (context.step >= failsAt) throw new Error('the matcher gave up');
    return matcher.assign(candidates, targets, context);
  },
};
serveTraining({
  detector: miniDetector,
  recipe: miniRecipe({ assigner }),
  batchStatistics,
  engine: await createEngine({ engine, threads: 1 }),
});
