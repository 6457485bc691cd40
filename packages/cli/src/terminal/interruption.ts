import { EXIT } from '../errors.ts';
import type { Output } from './output.ts';

/** The first Ctrl-C (or SIGTERM) aborts the signal, so that the step under way ends and is saved; the second ends the process. */
export const interruption = (output: Output): { readonly signal: AbortSignal; release(): void } => {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    output.say('\nfinishing the step and saving; press Ctrl-C again to leave at once');
    controller.abort(new Error('interrupted'));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
};
