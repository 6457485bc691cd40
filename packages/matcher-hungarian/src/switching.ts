import { type Assigner, fail } from '@detrain/core';

/** When to switch: at the start of an epoch (0-based), or when a share of the run in [0, 1] is done. */
export type SwitchPoint = { readonly epoch: number } | { readonly progress: number };

/** Options of `switching`: an assigner, its successor, and when it takes over. */
export interface SwitchingOptions {
  readonly before: Assigner;
  readonly after: Assigner;
  readonly at: SwitchPoint;
}

/**
 * One assigner up to a point of the run, another from there on (DEIMv2's `matcher_change_epoch`).
 * Throws where the two differ in cardinality.
 */
export const switching = ({ before, after, at }: SwitchingOptions): Assigner => {
  if (before.cardinality !== after.cardinality)
    fail(
      'matcher-hungarian',
      `a switch from ${before.cardinality} to ${after.cardinality}`,
      'Both assigners need one cardinality',
      'Suppression at test time depends on it: choose two of a kind',
    );
  const describe = ({ name, options }: Assigner) => ({ name, options });
  return {
    name: 'switching',
    options: { before: describe(before), after: describe(after), at },
    cardinality: before.cardinality,
    assign: (candidates, targets, context) => {
      const switched = 'epoch' in at ? context.epoch >= at.epoch : context.progress >= at.progress;
      return (switched ? after : before).assign(candidates, targets, context);
    },
  };
};
