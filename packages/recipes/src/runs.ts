import type { Recipe } from '@detrain/core/tensors';
import { type DensePolicy, type StandardOptions, sharesOf } from '@detrain/dense-o2o';
import type { GroupRule } from '@detrain/optim';
import { dfine, rtdetr } from './base.ts';
import { type DeimOptions, deim, deimRtdetr, deimv2, deimv2Lite, type LiteSize } from './deim.ts';

/** What a published run fixes, in the words of `detrain`'s config files: spread it into one. */
export interface PublishedRun {
  readonly epochs: number;
  readonly batchSize: number;
  readonly recipe: Recipe;
  readonly optimizer: {
    readonly learningRate: number;
    readonly weightDecay: number;
    readonly clip: number;
    readonly groups: readonly GroupRule[];
  };
  readonly schedule: {
    readonly kind: 'flat-cosine' | 'linear-warmup';
    readonly warmup: number;
    readonly flat?: number;
    readonly tail?: number;
    readonly floor?: number;
  };
  readonly ema: { readonly decay: number; readonly warmup: number };
  readonly emaRestart: 'off' | 'official-noop';
  readonly emaRestartAt?: number;
  readonly emaRestartDecay?: number;
}

/** What the published runs of every family differ in. Epochs count from 0; all become shares of the run. */
export interface RunFacts {
  readonly epochs: number;
  /** Images a step, on all devices together. */
  readonly batchSize: number;
  readonly learningRate: number;
  /** Default 1e-4. */
  readonly weightDecay?: number;
  /** Usually of `publishedGroups`. */
  readonly groups: readonly GroupRule[];
  /** How often the base size is in the list of sizes; one size where absent. */
  readonly multiScale?: number;
  /** Steps over which the learning rate rises: quadratically to 2000 in DEIM, linearly to 500 in D-FINE and 2000 in RT-DETRv2. */
  readonly warmup?: number;
  /** Updates over which the average's decay rises. Default 1000; 2000 in the runs of RT-DETRv2. */
  readonly emaWarmup?: number;
  /** The average's decay in DEIM's second stage, as it was meant. Default 0.9999. */
  readonly emaRestartDecay?: number;
}

/** What the published runs of DEIM differ in. */
export interface DeimRunFacts extends RunFacts {
  /** First epochs of mosaics and mixup, of the standard augmentations alone, and of none. The rate falls along a cosine in the second. */
  readonly phases: DensePolicy['boundaries'];
  /** First epoch of the second stage and of the lowest rate. Default the third of `phases`. */
  readonly restart?: number;
  /** The lowest rate as a share of the highest; 1 for a constant rate. Default 0.5. */
  readonly floor?: number;
}

/** What the published runs of DEIMv2 differ in. */
export interface Deimv2RunFacts extends DeimRunFacts {
  /** The epoch in which matching turns to class probability times IoU^4. */
  readonly matcherSwitch: number;
  /** Copied objects: of how many batches, until which phase. Default half of them, until nothing is augmented. */
  readonly copyBlend?: { readonly probability: number; readonly until: 'standard' | 'plain' };
}

/** What the published runs of DEIMv2's small models differ in. */
export interface Deimv2LiteRunFacts extends Omit<Deimv2RunFacts, 'copyBlend'> {
  readonly size: LiteSize;
}

/** What the published runs of D-FINE and RT-DETRv2 differ in. */
export interface StandardRunFacts extends RunFacts {
  /** First epoch without strong augmentations and other sizes; they go on to the end where absent. */
  readonly plain?: number;
}

const common = ({ epochs, batchSize, learningRate, weightDecay = 1e-4, groups }: RunFacts) => ({
  epochs,
  batchSize,
  optimizer: { learningRate, weightDecay, clip: 0.1, groups },
});

const restartAt = (share: number, { emaRestartDecay = 0.9999 }: RunFacts) => ({
  emaRestart: 'official-noop' as const,
  emaRestartAt: share,
  emaRestartDecay,
});

/** Dense O2O over the phases of a run. */
const denseOf = ({ epochs, phases, multiScale }: DeimRunFacts) => ({
  policy: sharesOf(epochs, phases),
  ...(multiScale !== undefined && { multiScale }),
});

const flatCosineRun = (recipe: Recipe, facts: DeimRunFacts): PublishedRun => {
  const { epochs, phases, restart = phases[2], warmup = 2000, emaWarmup = 1000, floor = 0.5 } = facts;
  return {
    ...common(facts),
    recipe,
    schedule: { kind: 'flat-cosine', warmup, flat: phases[1] / epochs, tail: (epochs - restart) / epochs, floor },
    ema: { decay: 0.9999, warmup: emaWarmup },
    ...restartAt(restart / epochs, facts),
  };
};

/** A run of DEIM on D-FINE: flat-cosine rate, Dense O2O, a second stage without augmentation. */
export const deimRun = (facts: DeimRunFacts): PublishedRun => flatCosineRun(deim({ denseO2O: denseOf(facts) }), facts);

/** A run of DEIM on RT-DETRv2, as `deimRun`. */
export const deimRtdetrRun = (facts: DeimRunFacts): PublishedRun =>
  flatCosineRun(deimRtdetr({ denseO2O: denseOf(facts) }), { emaWarmup: 2000, ...facts });

/** A run of DEIMv2 from N up: as `deimRun`, with copied objects and a change of matching. */
export const deimv2Run = ({ matcherSwitch, copyBlend, ...facts }: Deimv2RunFacts): PublishedRun => {
  const copies: DeimOptions['denseO2O'] = copyBlend && {
    copyBlendProbability: copyBlend.probability,
    copyBlendUntil: copyBlend.until,
  };
  const switchAt = { progress: matcherSwitch / facts.epochs };
  return flatCosineRun(deimv2({ denseO2O: { ...denseOf(facts), ...copies }, switchAt }), facts);
};

/** Queries of the small models: as many detections, so that a single class is enough for them (published 300 of all classes). */
const DETECTIONS = { atto: 100, femto: 150, pico: 200 } as const satisfies Record<LiteSize, number>;

/** A run of DEIMv2 Atto, Femto or Pico: as `deimv2Run`, with mosaics and no mixup or copies. */
export const deimv2LiteRun = ({ size, matcherSwitch, ...facts }: Deimv2LiteRunFacts): PublishedRun => {
  const switchAt = { progress: matcherSwitch / facts.epochs };
  const recipe = deimv2Lite({ size, detections: DETECTIONS[size], denseO2O: denseOf(facts), switchAt });
  return flatCosineRun(recipe, { warmup: 4000, ...facts });
};

/** Strong augmentations and other sizes until the last epochs. */
const standardOf = ({ epochs, plain, multiScale }: StandardRunFacts): StandardOptions => ({
  ...(plain !== undefined && { window: { unit: 'fraction', to: plain / epochs } }),
  ...(multiScale !== undefined && { multiScale }),
});

/** A run of D-FINE: linear warm-up, then one rate; a second stage without augmentation. */
export const dfineRun = (facts: StandardRunFacts): PublishedRun => {
  const { epochs, plain, warmup = 500, emaWarmup = 1000 } = facts;
  return {
    ...common(facts),
    recipe: dfine({ augmentation: standardOf(facts) }),
    schedule: { kind: 'linear-warmup', warmup },
    ema: { decay: 0.9999, warmup: emaWarmup },
    ...(plain === undefined ? { emaRestart: 'off' } : restartAt(plain / epochs, facts)),
  };
};

/** A run of RT-DETRv2: linear warm-up, then one rate; no second stage. */
export const rtdetrRun = (facts: StandardRunFacts): PublishedRun => {
  const { warmup = 2000, emaWarmup = 2000 } = facts;
  return {
    ...common(facts),
    recipe: rtdetr({ augmentation: standardOf(facts) }),
    schedule: { kind: 'linear-warmup', warmup },
    ema: { decay: 0.9999, warmup: emaWarmup },
    emaRestart: 'off',
  };
};
