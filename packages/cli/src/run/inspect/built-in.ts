import { atss } from '@detrain/assigner-atss';
import { fcos } from '@detrain/assigner-fcos';
import {
  type DetaRule,
  detaStage1,
  detaStage2,
  maxIou,
  officialDeta,
  rcnnMatching,
  retinaNetMatching,
  rpnMatching,
} from '@detrain/assigner-iou';
import { paa } from '@detrain/assigner-paa';
import { simota } from '@detrain/assigner-simota';
import type { Assigner, PixelSize } from '@detrain/core';
import {
  bMatching,
  classCost,
  giouCost,
  type HungarianOptions,
  hungarian,
  iouPowerCost,
  l1Cost,
  topKMatching,
} from '@detrain/matcher-hungarian';
import { proposalAnchors, retinaAnchors, rpnAnchors } from './candidates.ts';
import type { CandidateSource } from './types.ts';

type OptionValues = Readonly<Record<string, number | boolean>>;

/** A strategy that the command knows by name. */
export interface BuiltIn {
  readonly candidates: CandidateSource;
  /** Options of the command line with their defaults. */
  readonly defaults: OptionValues;
  make(options: OptionValues, imageSize: PixelSize): Assigner;
}

const builtIn = <T extends OptionValues>(
  candidates: CandidateSource,
  defaults: T,
  make: (options: T, imageSize: PixelSize) => Assigner,
): BuiltIn => ({ candidates, defaults, make: (options, size) => make(options as T, size) });

/** Weights of Deformable DETR's matching costs; a cost of weight 0 is left out. */
const COSTS = { class: 2, l1: 5, giou: 2 };

const costs = (weights: typeof COSTS): HungarianOptions => ({
  costs: [
    ...(weights.class === 0 ? [] : [classCost({ weight: weights.class })]),
    ...(weights.l1 === 0 ? [] : [l1Cost({ weight: weights.l1 })]),
    ...(weights.giou === 0 ? [] : [giouCost({ weight: weights.giou })]),
  ],
});

/** DETA's K, the IoU that is positive, and whether to do as the official code. */
const deta = (positive: number) => ({ K: 4, positive, lowQuality: true, official: false });

const detaRule = ({ K, positive, lowQuality, official }: ReturnType<typeof deta>): Partial<DetaRule> => ({
  perTarget: K,
  positive,
  lowQuality,
  ...(official && officialDeta),
});

/** The strategies of `--strategy`, but for `recipe`, which is a run's own. */
export const BUILT_IN: Readonly<Record<string, BuiltIn>> = {
  hungarian: builtIn('queries', COSTS, (options) => hungarian(costs(options))),
  'iou-power': builtIn('queries', { alpha: 4 }, ({ alpha }) => hungarian({ costs: [iouPowerCost({ alpha })] })),
  'b-matching': builtIn('queries', { K: 4, ...COSTS }, ({ K, ...rest }) => bMatching({ copies: K, ...costs(rest) })),
  'top-k-matching': builtIn('queries', { K: 4, ...COSTS }, ({ K, ...rest }) =>
    topKMatching({ count: K, ...costs(rest) }),
  ),
  'deta-stage1': builtIn(proposalAnchors, deta(0.7), (options) => detaStage1(detaRule(options))),
  'deta-stage2': builtIn('starts', deta(0.6), (options) => detaStage2(detaRule(options))),
  retinanet: builtIn(retinaAnchors, { positive: 0.5, negative: 0.4 }, (options) =>
    maxIou({ ...retinaNetMatching, ...options }),
  ),
  rpn: builtIn(rpnAnchors, { positive: 0.7, negative: 0.3 }, (options) => maxIou({ ...rpnMatching, ...options })),
  rcnn: builtIn('starts', { positive: 0.5, negative: 0.5 }, (options) => maxIou({ ...rcnnMatching, ...options })),
  atss: builtIn('anchors', { topk: 9 }, ({ topk }, imageSize) => atss({ topk, imageSize })),
  fcos: builtIn('points', { radius: 0 }, ({ radius }, imageSize) => fcos({ radius: radius || null, imageSize })),
  paa: builtIn('queries', { topk: 9 }, ({ topk }, imageSize) => paa({ topk, imageSize })),
  simota: builtIn('queries', { topk: 10, radius: 2.5 }, ({ topk, radius }, imageSize) =>
    simota({ candidateTopk: topk, centerRadius: radius, imageSize }),
  ),
};
