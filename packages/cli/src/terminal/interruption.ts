import { EXIT } from '../errors.ts';
import type { Output } from './output.ts';

/** Wrappers (tsx, pnpm) may pass on the signal that the terminal already gave to everyone: that is no second Ctrl-C. */
const ECHO_MS = 1000;

/** The first Ctrl-C (or SIGTERM) aborts the signal, so that the step under way ends and is saved; the second ends the process. */
export const interruption = (output: Output): { readonly signal: AbortSignal; release(): void } => {
  const controller = new AbortController();
  let first = 0;
  const stop = () => {
    if (controller.signal.aborted) {
      if (performance.now() - first > ECHO_MS) process.exit(EXIT.interrupted);
      return;
    }
    first = performance.now();
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
