/**
 * Threads of Node.js. Apart from the main entry, which runs in browsers, too.
 *
 * @module
 */
import { Worker } from 'node:worker_threads';

/**
 * Starts a module in a worker thread, with plain data as its `workerData`. TypeScript modules run in the source tree only, where tsx is
 * there.
 */
export const startThread = (module: URL, workerData?: unknown): Worker => {
  if (!module.pathname.endsWith('.ts')) return new Worker(module, { workerData });
  return new Worker(new URL('./source-thread.mjs', import.meta.url), {
    workerData,
    argv: [module.href],
    execArgv: ['--conditions=@detrain/source'],
  });
};
