import { pairsOf, type Targets } from '@detrain/core';
import { classCost, giouCost, hungarian, l1Cost, matchCost, softmaxClassCost } from '@detrain/matcher-hungarian';
import { floatsOf, type GoldenCase, integersOf, tensorOf, valuesOf } from '../case.ts';
import type { Checks } from '../checks.ts';

interface MatcherMeta {
  readonly batch: number;
  readonly num_queries: number;
  readonly num_classes: number;
  readonly weights: { readonly cost_class: number; readonly cost_bbox: number; readonly cost_giou: number };
  readonly options: { readonly use_focal_loss?: boolean };
  readonly alpha: number;
  readonly gamma: number;
  readonly indices: readonly (readonly [readonly number[], readonly number[]])[];
  readonly optimal_cost_per_image: readonly number[];
  /** Whether rounding leaves the assignment as it is; otherwise only its cost is compared. */
  readonly 'stable_under_cost_noise_1e-6'?: boolean;
}

/** The targets of one image of a case. */
export const targetsOf = (golden: GoldenCase, image: number): Targets => ({
  labels: integersOf(tensorOf(golden, `target.${image}.labels`)),
  boxes: floatsOf(tensorOf(golden, `target.${image}.boxes`)),
});

/** Hungarian matching alone: cost matrices, assignments, total costs. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const meta = golden.meta as unknown as MatcherMeta;
  const { weights, num_queries: queries, num_classes: numClasses } = meta;
  const focal = meta.options.use_focal_loss ?? true;
  const costs = [
    focal
      ? classCost({ weight: weights.cost_class, alpha: meta.alpha, gamma: meta.gamma })
      : softmaxClassCost({ weight: weights.cost_class }),
    l1Cost({ weight: weights.cost_bbox }),
    giouCost({ weight: weights.cost_giou }),
  ];
  const assigner = hungarian({ costs });
  const logits = floatsOf(tensorOf(golden, 'pred_logits'));
  const boxes = floatsOf(tensorOf(golden, 'pred_boxes'));
  const context = { rng: undefined as never, progress: 0, epoch: 0, step: 0, output: 'main' };
  for (let image = 0; image < meta.batch; image++) {
    const targets = targetsOf(golden, image);
    const candidates = {
      numClasses,
      logits: logits.subarray(image * queries * numClasses, (image + 1) * queries * numClasses),
      boxes: boxes.subarray(image * queries * 4, (image + 1) * queries * 4),
    };
    const cost = matchCost(costs, candidates, targets);
    checks.close(`cost.${image}`, cost, valuesOf(tensorOf(golden, `cost.${image}`)), 1e-5);
    const pairs = pairsOf(assigner.assign(candidates, targets, context));
    const [rows, columns] = meta.indices[image] ?? [[], []];
    if (meta['stable_under_cost_noise_1e-6'] !== false) {
      checks.exact(`indices.${image}.queries`, pairs.candidates, rows);
      checks.exact(`indices.${image}.targets`, pairs.targets, columns);
    }
    const total = pairs.candidates.reduce(
      (sum, query, k) => sum + (cost[query * targets.labels.length + (pairs.targets[k] ?? 0)] ?? 0),
      0,
    );
    checks.number(`total.${image}`, total, meta.optimal_cost_per_image[image] ?? 0, 1e-5, 1);
  }
};
