import { canKeepHeap, KEPT_HEAP, keepsHeap } from '@detrain/engine/heap';
import { restart } from './restart.ts';

/** Why training runs in a heap that gives freed memory back; undefined where it is kept. */
export const keptHeapObstacle = (environment = process.env): string | undefined => {
  if (environment['DETRAIN_KEEP_HEAP'] === '0') return 'DETRAIN_KEEP_HEAP is 0';
  if (environment['GLIBC_TUNABLES']) return 'GLIBC_TUNABLES is set, and respected';
  if (environment['LD_PRELOAD']) return 'LD_PRELOAD is set, perhaps to another allocator';
  return canKeepHeap() ? undefined : 'this needs Linux with glibc 2.35 or newer';
};

/** Whether training keeps the memory that it frees: the heap is kept here, or will be where `detrain train` starts again. */
export const trainingKeepsHeap = (): boolean => keepsHeap() || keptHeapObstacle() === undefined;

/**
 * Where glibc can keep the memory that training frees, starts `detrain train` again with the setting, which is read only when a process
 * starts. Other commands gain nothing. Resolves to the command's exit code, or to undefined where it must run here.
 */
export const runInKeptHeap = async (rawArgs: readonly string[]): Promise<number | undefined> => {
  if (rawArgs[0] !== 'train' || rawArgs.includes('--help') || rawArgs.includes('-h')) return undefined;
  // The channel to a parent that forked this process would be lost, and Node.js may be told to start no other program.
  if (process.send || process.permission?.has('child') === false) return undefined;
  if (keptHeapObstacle() !== undefined) return undefined;
  return restart({ ...process.env, GLIBC_TUNABLES: KEPT_HEAP });
};
