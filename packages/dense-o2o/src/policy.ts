import type { Window } from '@detrain/augment';
import type { AugmentContext } from '@detrain/core';

/**
 * When Dense O2O acts, as three boundaries a, b, c: before a nothing, from a to b mosaic and mixup beside the standard
 * augmentations, from b to c the standard ones alone, from c on nothing again (DEIM, the `stop_epoch` policy of its code).
 */
export interface DensePolicy {
  /** Epochs from 0, or fractions of the run. */
  readonly unit: 'epoch' | 'fraction';
  readonly boundaries: readonly [dense: number, standard: number, plain: number];
}

const epochs = (a: number, b: number, c: number): DensePolicy => ({ unit: 'epoch', boundaries: [a, b, c] });

/** The epochs of the published configurations, by model. */
export const officialPolicies = {
  'deim-dfine-n': epochs(4, 78, 148),
  'deim-dfine-s': epochs(4, 64, 120),
  'deim-dfine-m': epochs(4, 49, 90),
  'deim-dfine-l': epochs(4, 29, 50),
  'deim-dfine-x': epochs(4, 29, 50),
  'deim-rtdetrv2-r18': epochs(4, 64, 117),
  'deim-rtdetrv2-r34': epochs(4, 64, 117),
  'deim-rtdetrv2-r50-m': epochs(4, 34, 58),
  'deim-rtdetrv2-r50': epochs(4, 34, 58),
  'deim-rtdetrv2-r101': epochs(4, 34, 58),
  'deimv2-atto': epochs(4, 250, 400),
  'deimv2-femto': epochs(4, 250, 400),
  'deimv2-pico': epochs(4, 250, 400),
} as const satisfies Record<string, DensePolicy>;

export type OfficialPolicy = keyof typeof officialPolicies;

/**
 * A published run's boundaries in epochs as shares of the run, so that runs of any length keep the proportions:
 * `sharesOf(132, [4, 64, 120])` is DEIM-D-FINE-S.
 */
export const sharesOf = (epochs: number, [a, b, c]: DensePolicy['boundaries']): DensePolicy => ({
  unit: 'fraction',
  boundaries: [a / epochs, b / epochs, c / epochs],
});

/** DEIM-D-FINE-N's boundaries (4, 78, 148 of 160 epochs) as shares of the run: runs of any length keep the proportions. */
export const proportionalPolicy: DensePolicy = sharesOf(160, [4, 78, 148]);

/** The windows of a policy. */
export const windowsOf = ({ unit, boundaries: [a, b, c] }: DensePolicy) =>
  ({
    dense: { unit, from: a, to: b },
    standard: { unit, from: b, to: c },
    /** Both of them. */
    augmented: { unit, from: a, to: c },
    untilPlain: { unit, from: 0, to: c },
  }) satisfies Record<string, Window>;

export type Phase = 'warm-up' | 'dense' | 'standard' | 'plain';

/** The phase of a policy at a moment of the run. */
export const phaseAt = (
  { unit, boundaries: [a, b, c] }: DensePolicy,
  moment: Pick<AugmentContext, 'epoch' | 'progress'>,
): Phase => {
  const now = unit === 'epoch' ? moment.epoch : moment.progress;
  return now < a ? 'warm-up' : now < b ? 'dense' : now < c ? 'standard' : 'plain';
};
