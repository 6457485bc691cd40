import type { Loss, Recipe, WeightedLoss } from '@detrain/core/tensors';
import { type ContrastiveDenoisingOptions, contrastiveDenoising } from '@detrain/denoising';
import { type StandardOptions, standardAugmentations, standardBatchAugmentations } from '@detrain/dense-o2o';
import { ddf, fgl, focal, giou, l1, vfl } from '@detrain/losses';
import { classCost, giouCost, hungarian, l1Cost } from '@detrain/matcher-hungarian';

/** Options that all recipes share. */
export interface RecipeOptions {
  /** Denoising queries; false for none. */
  readonly denoising?: ContrastiveDenoisingOptions | false;
  /** The standard augmentations: smallest box, when the strong ones act, sizes of batches. */
  readonly augmentation?: StandardOptions;
  /** Detections an image at test time. Default 300. */
  readonly detections?: number;
}

/** The matching of Deformable DETR and all that follow it here: class 2, L1 5, GIoU 2. */
const matcher = () => hungarian({ costs: [classCost({ weight: 2 }), l1Cost({ weight: 5 }), giouCost({ weight: 2 })] });

const boxLosses = (): WeightedLoss[] => [
  { weight: 5, loss: l1() },
  { weight: 2, loss: giou() },
];

const base = (name: string, weight: number, classification: Loss, options: RecipeOptions): Recipe => ({
  name,
  assigner: matcher(),
  losses: [{ weight, loss: classification }, ...boxLosses()],
  matching: 'each',
  normalizer: 'targets',
  knownQueries: options.denoising ? contrastiveDenoising(options.denoising) : null,
  proposals: null,
  auxiliaries: [],
  augmentations: standardAugmentations(options.augmentation),
  batchAugmentations: standardBatchAugmentations(options.augmentation),
  suppression: { kind: 'top-k', count: options.detections ?? 300 },
});

/** Deformable DETR's objective: focal loss 2, L1 5, GIoU 2, each output matched by itself (Zhu et al. 2021, section 4). No denoising. */
export const detr = ({ denoising = false, ...options }: RecipeOptions = {}): Recipe =>
  base('detr', 2, focal(), { ...options, denoising });

/** RT-DETR's objective: VFL 1, L1 5, GIoU 2, each output matched by itself, contrastive denoising (Zhao et al. 2024, section 4). */
export const rtdetr = ({ denoising = {}, ...options }: RecipeOptions = {}): Recipe =>
  base('rtdetr', 1, vfl(), { ...options, denoising: denoising && { negativeSizes: 'kept', ...denoising } });

/**
 * D-FINE's objective: RT-DETR's with FGL 0.15 and DDF 1.5 on edge distributions; box losses use the union of all outputs' matches
 * (Peng et al. 2024, section 4). Needs a decoder with edge distributions.
 */
export const dfine = ({ denoising = {}, ...options }: RecipeOptions = {}): Recipe => {
  const recipe = base('dfine', 1, vfl(), { ...options, denoising });
  const local: WeightedLoss[] = [
    { weight: 0.15, loss: fgl() },
    { weight: 1.5, loss: ddf() },
  ];
  return { ...recipe, losses: [...recipe.losses, ...local], matching: 'union' };
};
