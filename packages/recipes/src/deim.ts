import type { Recipe } from '@detrain/core/tensors';
import { type DenseO2OOptions, denseO2O, matchabilityAware } from '@detrain/dense-o2o';
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
});

const strategy = (recipe: Recipe, name: string, options: DeimOptions): Recipe => {
  const dense = options.denseO2O ?? {};
  const patches = dense === false ? [] : [denseO2O({ ...plain(options), ...dense })];
  return compose(recipe, ...patches, matchabilityAware(options.mal), named(name));
};

/** DEIM on D-FINE: D-FINE's objective with MAL instead of VFL, and Dense O2O (Huang et al. 2025, section 3). */
export const deim = (options: DeimOptions = {}): Recipe => strategy(dfine(options), 'deim', options);

/** The sizes of DEIMv2 that `deimv2Lite` is for. */
export type LiteSize = 'atto' | 'femto' | 'pico';

/** Options of `deimv2Lite`. */
export interface DeimLiteOptions extends DeimOptions {
  /** Which published configuration's augmentation to take. Default 'atto'. */
  readonly size?: LiteSize;
  /** When matching turns to class probability times IoU^4; false for never. Default 0.9 of the run (450 of 500 epochs). */
  readonly switchAt?: SwitchPoint | false;
}

/** What the published configurations differ in: smallest box in pixels and share of mosaics. */
const LITE = {
  atto: { minSize: 12, mosaic: 0.3 },
  femto: { minSize: 10, mosaic: 0.5 },
  pico: { minSize: 8, mosaic: 0.5 },
};

/**
 * DEIMv2 Atto, Femto, Pico: MAL, L1 and GIoU, each output matched by itself, no local losses; near the end matching goes by
 * -(p IoU^4) alone. Mosaic, no mixup.
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
          // 4, 250 and 400 of 500 epochs.
          policy: { unit: 'fraction', boundaries: [4 / 500, 250 / 500, 400 / 500] },
          mosaicProbability: mosaic,
          mixupProbability: 0,
          copyBlendProbability: 0,
          ...options.denseO2O,
        };
  const augmentation = { minSize, ...options.augmentation };
  const denoising =
    options.denoising === false ? (false as const) : { negativeSizes: 'absolute' as const, ...options.denoising };
  const whole = { ...options, augmentation, denoising, denseO2O: dense };
  const recipe = strategy(rtdetr(whole), `deimv2-${size}`, whole);
  if (switchAt === false) return recipe;
  const after = hungarian({ costs: [iouPowerCost()] });
  return { ...recipe, assigner: switching({ before: recipe.assigner, after, at: switchAt }) };
};
