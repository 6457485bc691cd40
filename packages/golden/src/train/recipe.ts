import type { Assigner } from '@detrain/core';
import type { Recipe, WeightedLoss } from '@detrain/core/tensors';
import { contrastiveDenoising } from '@detrain/denoising';
import { ddf, fgl, focal, giou, l1, mal, vfl } from '@detrain/losses';
import {
  classCost,
  giouCost,
  hungarian,
  iouPowerCost,
  l1Cost,
  softmaxClassCost,
  switching,
} from '@detrain/matcher-hungarian';
import { Unsupported } from '../case.ts';
import type { CriterionMeta } from './meta.ts';

/** DEIMv2's `matcher_change_epoch` by size (specs/deim.md 2.2); other repositories never switch. */
const switchEpochs: Readonly<Record<string, number>> = {
  atto: 450,
  femto: 450,
  pico: 450,
  n: 136,
  s: 100,
  m: 80,
  l: 50,
  x: 45,
};

const assignerOf = ({ matcher }: CriterionMeta, model: string): Assigner => {
  const { cost_class, cost_bbox, cost_giou, alpha, gamma, use_focal_loss: focalCost = true } = matcher;
  const before = hungarian({
    costs: [
      focalCost ? classCost({ weight: cost_class, alpha, gamma }) : softmaxClassCost({ weight: cost_class }),
      l1Cost({ weight: cost_bbox }),
      giouCost({ weight: cost_giou }),
    ],
  });
  const epoch = switchEpochs[/^deimv2-(\w+)$/.exec(model)?.[1] ?? ''];
  return epoch === undefined
    ? before
    : switching({ before, after: hungarian({ costs: [iouPowerCost()] }), at: { epoch } });
};

const lossesOf = (meta: CriterionMeta, name: string): WeightedLoss[] => {
  const { alpha, gamma, mal_alpha: malAlpha, boxes_weight_format: weightBy, weight_dict: weights } = meta;
  const weighted = (key: string, loss: WeightedLoss['loss']) => ({ weight: weights[`loss_${key}`] ?? 1, loss });
  if (name === 'mal') return [weighted('mal', mal({ gamma, alpha: malAlpha ?? 1 }))];
  if (name === 'vfl') return [weighted('vfl', vfl({ alpha, gamma }))];
  if (name === 'focal') return [weighted('focal', focal({ alpha, gamma }))];
  if (name === 'boxes') return [weighted('bbox', l1()), weighted('giou', giou({ weightBy: weightBy ?? 'none' }))];
  if (name === 'local') return [weighted('fgl', fgl()), weighted('ddf', ddf())];
  throw new Unsupported(`the loss ${name}`);
};

/** The recipe that equals an official criterion, for a model of the zoo. */
export const recipeOf = (meta: CriterionMeta, model: string): Recipe => ({
  name: 'golden',
  assigner: assignerOf(meta, model),
  losses: meta.losses.flatMap((name) => lossesOf(meta, name)),
  // D-FINE has no switch and always uses the union; RT-DETR has none
  matching: (meta.use_uni_set ?? !model.startsWith('rtdetr')) ? 'union' : 'each',
  normalizer: 'targets',
  knownQueries: contrastiveDenoising(),
  proposals: null,
  auxiliaries: [],
  augmentations: [],
  batchAugmentations: [],
  suppression: { kind: 'top-k', count: 300 },
});
