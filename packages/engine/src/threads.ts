import { availableParallelism } from 'node:os';
import { fail } from './error.ts';

/**
 * The number of threads: the option, else `DETRAIN_THREADS`, else what the process may use.
 * Throws on a value that is not a positive whole number.
 */
export const resolveThreads = (option?: number, environment = process.env['DETRAIN_THREADS']): number => {
  const asked = option ?? (environment ? Number(environment) : availableParallelism());
  if (Number.isInteger(asked) && asked > 0) return asked;
  return fail(
    `threads is ${option ?? environment}`,
    'a positive whole number',
    'Correct the option `threads` or the variable DETRAIN_THREADS',
  );
};
