import { checkpointError } from '../error.ts';

/** What reading one pickle may cost. */
export interface PickleLimits {
  /** Opcodes, plus one for every element that an opcode copies. */
  readonly steps: number;
  /** Values remembered for reuse. */
  readonly memo: number;
  /** Containers inside containers. */
  readonly depth: number;
}

/** A checkpoint of the largest published model with its optimizer takes under 200 thousand steps. */
export const PICKLE_LIMITS: PickleLimits = { steps: 50_000_000, memo: 2_000_000, depth: 200 };

/** Counts what a pickle has cost. */
export interface Budget {
  readonly limits: PickleLimits;
  readonly spent: number;
  /** @throws CheckpointError `too-large` when all is spent. */
  spend(steps: number): void;
}

/** A budget of its own for one pickle. */
export const createBudget = (limits: PickleLimits = PICKLE_LIMITS): Budget => {
  let spent = 0;
  return {
    limits,
    get spent() {
      return spent;
    },
    spend: (steps) => {
      spent += steps;
      if (spent > limits.steps)
        throw checkpointError(
          'too-large',
          `the pickle takes more than ${limits.steps} steps`,
          'what a state dict takes, under a million',
          'The file is no checkpoint of weights, or was made to exhaust its reader',
        );
    },
  };
};
