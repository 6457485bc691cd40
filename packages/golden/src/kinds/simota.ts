import { assignSimota } from '@detrain/assigner-simota';
import { floatsOf, type GoldenCase, integersOf, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';

interface Variant {
  readonly variant: number;
  readonly center_radius: number;
  readonly candidate_topk: number;
}

/** SimOTA on stored predictions: how many candidates each target asks for, who answers for whom, with which IoU. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const get = (name: string) => floatsOf(tensorOf(golden, name));
  const scores = get('pred_scores');
  const priors = get('priors');
  const labels = integersOf(tensorOf(golden, 'gt_labels'));
  const input = {
    priors,
    boxes: get('decoded_bboxes'),
    scores,
    numClasses: (4 * scores.length) / priors.length,
    targets: get('gt_boxes'),
    labels,
  };
  for (const { variant, center_radius, candidate_topk } of golden.meta['variants'] as Variant[]) {
    const { targetOf, iou, wanted } = assignSimota(input, {
      centerRadius: center_radius,
      candidateTopk: candidate_topk,
    });
    const label = `v${variant}`;
    // official indices: 0 is background, targets count from 1; overlaps of the others are negative
    const reference = integersOf(tensorOf(golden, `${label}_gt_inds`)).map((index) => index - 1);
    if (labels.length > 0) checks.exact(`${label} wanted`, wanted, integersOf(tensorOf(golden, `${label}_dynamic_ks`)));
    checks.exact(`${label} targets`, targetOf, reference);
    checks.close(
      `${label} IoUs`,
      iou,
      get(`${label}_max_overlaps`).map((overlap) => Math.max(overlap, 0)),
      1e-6,
    );
    const classes = targetOf.map((target) => labels[target] ?? -1);
    checks.exact(`${label} labels`, classes, integersOf(tensorOf(golden, `${label}_labels`)));
  }
};
