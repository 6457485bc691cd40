import type { TrainerCallback } from './callbacks.ts';

/** Options of {@link earlyStopping}. */
export interface EarlyStoppingOptions {
  /** Which number of an evaluation is watched; more is better. */
  readonly metric?: string;
  /** Evaluations without a gain after which the run stops. */
  readonly patience?: number;
  /** Gains up to this size do not count. */
  readonly minGain?: number;
}

/** A callback that stops a run whose evaluations no longer improve. Counts evaluations, not epochs. */
export const earlyStopping = ({
  metric = 'ap',
  patience = 10,
  minGain = 0,
}: EarlyStoppingOptions = {}): TrainerCallback => {
  let best = Number.NEGATIVE_INFINITY;
  let waited = 0;
  return {
    name: 'early-stopping',
    onValidationEnd(run, metrics) {
      const value = metrics[metric];
      if (value === undefined)
        throw new Error(
          `trainer: early stopping watches "${metric}" and the evaluation gave ${Object.keys(metrics).join(', ') || 'nothing'}. ` +
            'Name one of those.',
        );
      if (value > best + minGain) {
        best = value;
        waited = 0;
      } else if (++waited >= patience) {
        run.stop(`no gain in ${metric} for ${waited} evaluations (best ${best.toFixed(4)})`);
      }
    },
    // JSON has no infinities: null stands for "no evaluation yet".
    saveState: () => ({ best: Number.isFinite(best) ? best : null, waited }),
    loadState(state) {
      const saved = state as { best: number | null; waited: number };
      best = saved.best ?? Number.NEGATIVE_INFINITY;
      waited = saved.waited;
    },
  };
};
