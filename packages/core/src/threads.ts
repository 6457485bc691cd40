/**
 * Threads of Node.js. Apart from the main entry, which runs in browsers, too.
 *
 * @module
 */
import { parentPort, Worker } from 'node:worker_threads';
import { fail } from './fail.ts';

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

/** What a thread answers: plain data, and the memory in it that is handed over instead of copied. */
export interface Reply {
  readonly value: unknown;
  readonly moved?: readonly ArrayBuffer[];
}

interface Asked {
  readonly id: number;
  readonly question: unknown;
}
type Answered = { readonly id: number } & ({ readonly value: unknown } | { readonly error: Error });

const errorOf = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** Makes this worker thread answer what `askThread` of the main thread asks. Throws in the main thread. */
export const answerQuestions = <Question>(answer: (question: Question) => Promise<Reply>): void => {
  const port =
    parentPort ??
    fail('core', 'answerQuestions in the main thread', 'A worker thread is wanted', 'Start one with startThread');
  port.on('message', async ({ id, question }: Asked) => {
    try {
      const { value, moved = [] } = await answer(question as Question);
      port.postMessage({ id, value } satisfies Answered, [...moved]);
    } catch (error) {
      port.postMessage({ id, error: errorOf(error) } satisfies Answered);
    }
  });
};

/** A thread that answers questions. */
export interface AskedThread {
  /** Rejects with the thread's own error, and for good once the thread has ended. */
  ask(question: unknown, moved?: readonly ArrayBuffer[]): Promise<unknown>;
  /** Ends the thread at once. */
  end(): Promise<void>;
}

/** Asks a thread whose module calls `answerQuestions`. */
export const askThread = (thread: Worker): AskedThread => {
  const open = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let asked = 0;
  let ended: Error | undefined;
  const end = (error: Error) => {
    ended ??= error;
    for (const { reject } of open.values()) reject(ended);
    open.clear();
  };
  thread.on('message', (answered: Answered) => {
    const waiting = open.get(answered.id);
    open.delete(answered.id);
    if ('error' in answered) waiting?.reject(answered.error);
    else waiting?.resolve(answered.value);
  });
  thread.on('error', (error) => end(errorOf(error)));
  thread.on('exit', (code) => end(new Error(`the thread ended with exit code ${code}`)));
  return {
    ask: (question, moved = []) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        open.set(asked, { resolve, reject });
        thread.postMessage({ id: asked++, question } satisfies Asked, [...moved]);
      }),
    end: async () => {
      await thread.terminate();
    },
  };
};
