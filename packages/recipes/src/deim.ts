import type { Recipe } from '@detrain/core/tensors';
import { type DenseO2OOptions, denseO2O, matchabilityAware, sharesOf } from '@detrain/dense-o2o';
import type { MalOptions } from '@detrain/losses';
import { hungarian, iouPowerCost, type SwitchPoint, switching } from '@detrain/matcher-hungarian';
import { dfine, type RecipeOptions, rtdetr } from './base.ts';
import { compose } from './compose.ts';
import { named } from './patches.ts';

/** Options of `deim`. */
export interface DeimOptions extends RecipeOptions {
  /** Mosaic and mixup over time; false for the standard augmentations only. Default: DEIM-D-FINE-N's proportions. */
  readonly denseO2O?: DenseO2OOptions | false;
  /** Matchability-aware loss. Default gamma 1.5. */
  readonly mal?: MalOptions;
}

const plain = ({ augmentation = {} }: RecipeOptions) => ({
  ...(augmentation.minSize !== undefined && { minSize: augmentation.minSize }),
  ...(augmentation.size !== undefined && { size: augmentation.size }),
  ...(augmentation.multiScale !== undefined && { multiScale: augmentation.multiScale }),
});

const strategy = (recipe: Recipe, name: string, options: DeimOptions): Recipe => {
  const dense = options.denseO2O ?? {};
  const patches = dense === false ? [] : [denseO2O({ ...plain(options), ...dense })];
  return compose(recipe, ...patches, matchabilityAware(options.mal), named(name));
};

/** DEIM on D-FINE: D-FINE's objective with MAL instead of VFL, and Dense O2O (Huang et al. 2025, section 3). */
export const deim = (options: DeimOptions = {}): Recipe => strategy(dfine(options), 'deim', options);

/** RT-DETR's objective with denoising as DEIM's code has it: the sizes of flipped boxes are positive again. */
const boxesOnly = (options: RecipeOptions): Recipe =>
  rtdetr({ ...options, denoising: options.denoising !== false && { negativeSizes: 'absolute', ...options.denoising } });

/**
 * DEIM on RT-DETRv2: MAL, L1 and GIoU, each output matched by itself, and Dense O2O; no local losses, as its decoder moves
 * boxes without distributions of edges.
 */
export const deimRtdetr = (options: DeimOptions = {}): Recipe => strategy(boxesOnly(options), 'deim-rtdetr', options);

/** From a point of the run on, matching by -(p IoU^4) alone (DEIMv2's `change_matcher`); false for never. */
const switchingAt = (recipe: Recipe, at: SwitchPoint | false): Recipe =>
  at === false
    ? recipe
    : {
        ...recipe,
        assigner: switching({ before: recipe.assigner, after: hungarian({ costs: [iouPowerCost()] }), at }),
      };

/** Options of `deimv2`. */
export interface Deimv2Options extends DeimOptions {
  /** When matching turns to class probability times IoU^4; false for never. Default 45/58 of the run, as in L and X. */
  readonly switchAt?: SwitchPoint | false;
}

/** DEIMv2 from N up: DEIM with copied objects, and matching by -(p IoU^4) near the end (Huang et al. 2025). */
export const deimv2 = ({ switchAt = { progress: 45 / 58 }, ...options }: Deimv2Options = {}): Recipe => {
  const denseO2O: DenseO2OOptions | false =
    options.denseO2O === false ? false : { copyBlendProbability: 0.5, ...options.denseO2O };
  return switchingAt(strategy(dfine(options), 'deimv2', { ...options, denseO2O }), switchAt);
};

/** The sizes of DEIMv2 that `deimv2Lite` is for. */
export type LiteSize = 'atto' | 'femto' | 'pico';

/** Options of `deimv2Lite`. */
export interface DeimLiteOptions extends Deimv2Options {
  /** Which published configuration's augmentation to take. Default 'atto'. */
  readonly size?: LiteSize;
}

/** What the published configurations differ in: smallest box in pixels and share of mosaics. */
const LITE = {
  atto: { minSize: 12, mosaic: 0.3 },
  femto: { minSize: 10, mosaic: 0.5 },
  pico: { minSize: 8, mosaic: 0.5 },
};

/**
 * DEIMv2 Atto, Femto, Pico: MAL, L1 and GIoU, each output matched by itself, no local losses; near the end matching goes by
 * -(p IoU^4) alone, by default from 0.9 of the run on (450 of 500 epochs). Mosaic, no mixup.
 */
export const deimv2Lite = ({
  size = 'atto',
  switchAt = { progress: 0.9 },
  ...options
}: DeimLiteOptions = {}): Recipe => {
  const { minSize, mosaic } = LITE[size];
  const dense: DenseO2OOptions | false =
    options.denseO2O === false
      ? false
      : {
          policy: sharesOf(500, [4, 250, 400]),
          mosaicProbability: mosaic,
          mixupProbability: 0,
          copyBlendProbability: 0,
          ...options.denseO2O,
        };
  const augmentation = { minSize, ...options.augmentation };
  const whole = { ...options, augmentation, denseO2O: dense };
  return switchingAt(strategy(boxesOnly(whole), `deimv2-${size}`, whole), switchAt);
};
