import {
  matchByOverlap,
  overlapsOf,
  prependTargets,
  rcnnMatching,
  rpnMatching,
  sampleCandidates,
} from '@detrain/assigner-iou';
import { floatsOf, type GoldenCase, integersOf, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { recorded } from './deta-assign.ts';
import { toGtIndices } from './max-iou.ts';

interface Variant {
  readonly variant: number;
  readonly num: number;
  readonly pos_fraction: number;
  readonly neg_pos_ub: number;
  readonly add_gt_as_proposals: boolean;
  readonly assigner: 'rpn' | 'rcnn';
  readonly randperm_calls: readonly ('pos' | 'neg')[];
}

/** mmdetection's RandomSampler on its max-IoU assignments, with recorded permutations. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const boxes = floatsOf(tensorOf(golden, 'proposals'));
  const targets = floatsOf(tensorOf(golden, 'gt_boxes'));
  const overlaps = overlapsOf(targets, boxes);
  for (const variant of golden.meta['variants'] as readonly Variant[]) {
    const name = `v${variant.variant}`;
    const stored = (part: string) => integersOf(tensorOf(golden, `${name}_${part}`));
    const { targetOf } = matchByOverlap(overlaps, variant.assigner === 'rpn' ? rpnMatching : rcnnMatching);
    checks.exact(`${name} assigned`, toGtIndices(targetOf), stored('assigned_gt_inds'));
    const alone = { boxes, targetOf };
    const all = variant.add_gt_as_proposals ? prependTargets(alone, targets) : alone;
    const added = all.targetOf.length - targetOf.length;
    const { positives, negatives } = sampleCandidates(
      all.targetOf,
      {
        count: variant.num,
        positiveFraction: variant.pos_fraction,
        ...(variant.neg_pos_ub >= 0 && { negativesPerPositive: variant.neg_pos_ub }),
      },
      recorded(...variant.randperm_calls.map((call) => stored(`perm_${call}`))),
    );
    checks.exact(`${name} positives`, positives, stored('pos_inds'));
    checks.exact(`${name} negatives`, negatives, stored('neg_inds'));
    checks.exact(
      `${name} targets`,
      positives.map((i) => all.targetOf[i] ?? -1),
      stored('pos_assigned_gt_inds'),
    );
    checks.exact(
      `${name} added targets`,
      positives.map((i) => (i < added ? 1 : 0)),
      stored('pos_is_gt'),
    );
  }
};
