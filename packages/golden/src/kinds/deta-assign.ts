import {
  type DetaRule,
  detaPairs,
  detaStage1Rule,
  detaStage2Rule,
  type MatchOptions,
  matchByOverlap,
  type Overlaps,
  officialDeta,
  overlapAt,
  overlapsOf,
  type Permutations,
  sampleCandidates,
} from '@detrain/assigner-iou';
import { BACKGROUND, cxcywhToXyxy, IGNORE, type Pairs } from '@detrain/core';
import { tensorsBeside } from '../beside.ts';
import { floatsOf, type GoldenCase, integersOf, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';

interface StageMeta {
  readonly what: string;
  readonly anchors_file?: string;
  readonly batch_size_per_image: number;
  readonly positive_fraction: number;
  readonly variants: readonly Variant[];
}

interface Variant {
  readonly variant: number;
  readonly k: number | 'inf';
  readonly t_low?: number;
  readonly t_high?: number;
  readonly threshold?: number;
  readonly allow_low_quality?: boolean;
  readonly n_pos_candidates?: number;
  readonly tie_at_cut?: boolean;
}

/** Permutations in the order in which they were recorded. */
export const recorded = (...permutations: readonly Int32Array[]): Permutations => {
  const left = [...permutations];
  return {
    permutation: () => left.shift() ?? new Int32Array(0),
  };
};

/** The official rule of a stage with K as recorded. */
export const officialRule = (stage: 1 | 2, perTarget: number | 'inf'): DetaRule => ({
  ...(stage === 1 ? detaStage1Rule : detaStage2Rule),
  ...officialDeta,
  perTarget: perTarget === 'inf' ? Number.POSITIVE_INFINITY : perTarget,
});

const keysOf = ({ candidates, targets }: Pairs, overlaps: Overlaps): Float64Array =>
  Float64Array.from(candidates, (i, k) => (targets[k] ?? 0) * overlaps.candidates + i).sort();

/** IoU of each pair, by target, best first. */
const valuesIn = ({ candidates, targets }: Pairs, overlaps: Overlaps): Float32Array =>
  Float32Array.from(candidates, (i, k) => overlapAt(overlaps, targets[k] ?? 0, i));

/**
 * The same pairs; where equal overlaps are cut, which PyTorch leaves open, equally many per target with the same overlaps.
 */
export const comparePairs = (
  checks: Checks,
  label: string,
  ours: Pairs,
  reference: Pairs,
  overlaps: Overlaps,
  tied: boolean,
): void => {
  checks.exact(`${label} targets`, ours.targets, reference.targets);
  checks.exact(`${label} overlaps`, valuesIn(ours, overlaps), valuesIn(reference, overlaps));
  if (!tied) checks.exact(`${label} pairs`, keysOf(ours, overlaps), keysOf(reference, overlaps));
};

const matchOptionsOf = ({ t_low, t_high, threshold, allow_low_quality: lowQuality = true }: Variant): MatchOptions => ({
  positive: t_high ?? threshold ?? 0,
  negative: t_low ?? threshold ?? 0,
  ...(lowQuality && { lowQuality: { zeroOverlap: true } }),
});

/** Matching and sampling before balancing; only the first of several variants stores it. */
const compareSampling = (golden: GoldenCase, checks: Checks, overlaps: Overlaps, variant: Variant) => {
  const meta = golden.meta as unknown as StageMeta;
  const name = `v${variant.variant}`;
  const stored = (part: string) => integersOf(tensorOf(golden, `${name}_${part}`));
  const { targetOf, nearest } = matchByOverlap(overlaps, matchOptionsOf(variant));
  checks.exact(`${name} matched_idxs`, nearest, stored('matched_idxs'));
  const labels = targetOf.map((target) => (target >= 0 ? 1 : target === BACKGROUND ? 0 : target === IGNORE ? -1 : 9));
  checks.exact(
    `${name} labels`,
    labels,
    stored(meta.anchors_file === undefined ? 'matched_labels' : 'labels_before_sampling'),
  );
  const count = meta.batch_size_per_image;
  const many = (variant.n_pos_candidates ?? 0) > Math.floor(count * meta.positive_fraction);
  const permutations = many ? recorded(stored('perm_pos'), stored('perm_neg')) : recorded(stored('perm_neg'));
  const { positives, negatives } = sampleCandidates(
    targetOf,
    { count, positiveFraction: meta.positive_fraction },
    permutations,
  );
  checks.exact(`${name} sampled positives`, positives, stored('sampled_pos_idx').sort());
  checks.exact(`${name} sampled negatives`, negatives, stored('sampled_neg_idx').sort());
};

/** DETA's two assigners in all their variants. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const meta = golden.meta as unknown as StageMeta;
  const tensors = golden.tensors();
  const stage = meta.anchors_file === undefined ? 2 : 1;
  const anchors = meta.anchors_file === undefined ? undefined : tensorsBeside(golden, meta.anchors_file)['anchors'];
  const candidates = floatsOf(anchors ?? tensorOf(golden, 'init_reference'));
  const targets = floatsOf(tensorOf(golden, 'gt_boxes'));
  const overlaps = overlapsOf(cxcywhToXyxy(targets), cxcywhToXyxy(candidates));
  let permutation: Int32Array = new Int32Array(0);
  for (const variant of meta.variants) {
    const name = `v${variant.variant}`;
    const perm = tensors[`${name}_perm_pos`];
    if (perm) {
      permutation = integersOf(perm);
      compareSampling(golden, checks, overlaps, variant);
    }
    const rule: DetaRule = {
      ...officialRule(stage, variant.k),
      positive: variant.t_high ?? variant.threshold ?? 0,
      lowQuality: variant.allow_low_quality ?? true,
    };
    const reference = {
      candidates: integersOf(tensorOf(golden, `${name}_pr_inds`)),
      targets: integersOf(tensorOf(golden, `${name}_gt_inds`)),
    };
    const ours = detaPairs(overlaps, rule, recorded(permutation));
    comparePairs(checks, name, ours, reference, overlaps, variant.tie_at_cut ?? false);
    const iou = tensors[`${name}_iou`];
    if (iou) checks.exact(`${name} iou`, valuesIn(ours, overlaps), floatsOf(iou));
  }
};
