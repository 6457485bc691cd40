import {
  copyBlend,
  during,
  iouCrop,
  mixup,
  mosaic,
  multiScale,
  photometricDistort,
  sequence,
  sometimes,
  zoomOut,
} from '@detrain/augment';
import { type Augmentation, type BatchAugmentation, fail } from '@detrain/core';
import type { RecipePatch } from '@detrain/core/tensors';
import { type DensePolicy, type OfficialPolicy, officialPolicies, proportionalPolicy, windowsOf } from './policy.ts';
import { type PlainOptions, plainAugmentations } from './standard.ts';

/** The augmentations that Dense O2O switches; each can be put in another's place. */
export interface DenseParts {
  readonly mosaic?: Augmentation;
  readonly photometric?: Augmentation;
  readonly zoomOut?: Augmentation;
  readonly iouCrop?: Augmentation;
  readonly mixup?: BatchAugmentation;
  readonly copyBlend?: BatchAugmentation;
}

export interface DenseO2OOptions extends PlainOptions {
  /**
   * When it acts: boundaries as epochs or as fractions of the run, or the name of a model for the exact epochs of its
   * published configuration. DEIM-D-FINE-N's proportions where absent.
   */
  readonly policy?: DensePolicy | OfficialPolicy;
  /** Of a sample becoming a mosaic in the dense phase (0.5; DEIMv2 Atto 0.3). */
  readonly mosaicProbability?: number;
  /** Of a batch being mixed in the dense phase (0.5; DEIMv2 Atto to Pico 0). */
  readonly mixupProbability?: number;
  /** Of a batch that is not mixed gaining copied objects (0; DEIMv2 0.5, N 0.4). */
  readonly copyBlendProbability?: number;
  /** The phase in which copies end ('plain'; DEIMv2 N 'standard': with the mosaics). */
  readonly copyBlendUntil?: 'standard' | 'plain';
  /** Short side of a mosaic's tiles in pixels; half the batch's where absent. */
  readonly tile?: number;
  /** How often the base size is in the list of sizes (DEIM S 20, M 6, L 4, X 3); null: one size (N). */
  readonly multiScale?: number | null;
  readonly parts?: DenseParts;
}

/** The policy that a name or a value means. Throws on an unknown name and on boundaries out of order. */
export const resolvePolicy = (policy: DensePolicy | OfficialPolicy = proportionalPolicy): DensePolicy => {
  const found = typeof policy === 'string' ? officialPolicies[policy] : policy;
  const names = Object.keys(officialPolicies).join(', ');
  if (!found) return fail('dense-o2o', `policy "${String(policy)}"`, `one of ${names}`, 'correct the name');
  const [a, b, c] = found.boundaries;
  const ordered = 0 <= a && a <= b && b <= c && (found.unit === 'epoch' || c <= 1);
  if (!ordered) {
    const seen = `boundaries ${a}, ${b}, ${c} in ${found.unit}s`;
    fail('dense-o2o', seen, 'numbers of at least 0 in rising order, fractions up to 1', 'correct the policy');
  }
  return found;
};

/** Augmentations of one sample under Dense O2O, in DEIM's order. */
const sampleSide = (options: DenseO2OOptions, policy: DensePolicy): readonly Augmentation[] => {
  const { mosaicProbability = 0.5, tile, parts = {}, minSize, size } = options;
  const { dense, standard } = windowsOf(policy);
  const compose = parts.mosaic ?? mosaic(tile === undefined ? {} : { tile });
  const colours = parts.photometric ?? photometricDistort();
  const strong = sequence(colours, parts.zoomOut ?? zoomOut(), parts.iouCrop ?? iouCrop());
  return [
    during(dense, sometimes(mosaicProbability, sequence(compose, colours), strong)),
    during(standard, strong),
    ...plainAugmentations({ ...(minSize === undefined ? {} : { minSize }), ...(size === undefined ? {} : { size }) }),
  ];
};

/** Augmentations of a batch under Dense O2O: mixup, else copies of objects; then the batch's size. */
const batchSide = (options: DenseO2OOptions, policy: DensePolicy): readonly BatchAugmentation[] => {
  const { mixupProbability = 0.5, multiScale: repeat = null, parts = {} } = options;
  const { copyBlendProbability = 0, copyBlendUntil = 'plain' } = options;
  const { dense, standard, augmented, untilPlain } = windowsOf(policy);
  const longer = copyBlendUntil === 'plain';
  const mix = parts.mixup ?? mixup({ probability: 1 });
  const copies = sometimes(copyBlendProbability, parts.copyBlend ?? copyBlend({ probability: 1 }));
  const list: BatchAugmentation[] = [];
  if (mixupProbability > 0) {
    list.push(during(dense, sometimes(mixupProbability, mix, copyBlendProbability > 0 ? copies : undefined)));
    if (copyBlendProbability > 0 && longer) list.push(during(standard, copies));
  } else if (copyBlendProbability > 0) list.push(during(longer ? augmented : dense, copies));
  if (repeat !== null) list.push(during(untilPlain, multiScale({ repeat })));
  return list;
};

/**
 * Dense one-to-one matching (DEIM, Huang et al. 2025, section 3.2): more objects an image by mosaic and mixup for the first
 * half of the run, so that one-to-one matching gives more positives; none of it at the end. Replaces a recipe's
 * augmentations; assignment and losses stay as they are.
 *
 * @throws on an unknown policy or boundaries out of order
 */
export const denseO2O = (options: DenseO2OOptions = {}): RecipePatch => {
  const policy = resolvePolicy(options.policy);
  return (recipe) => ({
    ...recipe,
    augmentations: sampleSide(options, policy),
    batchAugmentations: batchSide(options, policy),
  });
};
