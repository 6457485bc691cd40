import type { Json } from './callbacks.ts';

/** DEIM's second stage (specs 4.8; D-FINE's training recipe): go back to the best of stage 1 and train on without augmentation. */
export interface EmaRestart {
  /**
   * `official-noop`: reload the best of stage 1, and leave the decay as it is, which is what the published code does because its
   * decay function never sees the value it sets. `intended`: set the decay and lower it at each reload, which is what it means to do.
   */
  readonly mode: 'off' | 'official-noop' | 'intended';
  /** The first epoch of stage 2, from 0 (the official `stop_epoch`). */
  readonly epoch: number;
  /** The decay of stage 2 (the official `ema_restart_decay`). Default 0.9999. */
  readonly decay?: number;
}

/** How much each reload lowers the decay in the official recipes. */
const DECAY_STEP = 1e-4;

/** What the policy asks of the trainer. */
export interface RestartAction {
  /** Reload the state of stage 1's best before going on. */
  readonly reload: boolean;
  /** Set the decay of the average, null to leave it. */
  readonly decay: number | null;
  readonly message: string;
}

/** The policy's memory: part of a run's state. */
export interface EmaRestartPolicy {
  /** Whether an evaluation in this epoch belongs to stage 1, whose best is kept whole. */
  isFirstStage(epoch: number): boolean;
  /** Called as an epoch begins. */
  begin(epoch: number, firstStageBest: number | null): RestartAction | null;
  /** Called after an evaluation of stage 2. */
  evaluated(epoch: number, value: number): RestartAction | null;
  saveState(): Json;
  loadState(state: Json): void;
}

/** The policy of {@link EmaRestart} as a small state machine. */
export const emaRestartPolicy = ({ mode, epoch: stop, decay = 0.9999 }: EmaRestart): EmaRestartPolicy => {
  let begun = false;
  let best: number | null = null;
  let current = decay;
  const action = (message: string): RestartAction => ({
    reload: true,
    decay: mode === 'intended' ? current : null,
    message,
  });
  return {
    isFirstStage: (epoch) => mode !== 'off' && epoch < stop,
    begin: (epoch, firstStageBest) => {
      if (mode === 'off' || begun || epoch < stop) return null;
      begun = true;
      best = firstStageBest;
      return action(`stage 2 begins from the best of stage 1 (decay ${mode === 'intended' ? current : 'unchanged'})`);
    },
    evaluated: (epoch, value) => {
      if (mode === 'off' || epoch < stop) return null;
      if (best === null || value > best) {
        best = value;
        return null;
      }
      best = null;
      current -= DECAY_STEP;
      return action(
        `no new best in stage 2: back to the best of stage 1 (decay ${mode === 'intended' ? current.toFixed(4) : 'unchanged'})`,
      );
    },
    saveState: () => ({ begun, best, current }),
    loadState: (state) => {
      if (state === null) return;
      ({ begun, best, current } = state as { begun: boolean; best: number | null; current: number });
    },
  };
};
