import { selectProposals, shareAmongLevels, suppressWithinLevels } from '@detrain/assigner-iou';
import { floatsOf, type GoldenCase, integersOf, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';

interface ProposalMeta {
  readonly levels: readonly (readonly [number, number])[];
  readonly num_proposals: number;
  readonly nms_thr: number;
  readonly fallback_naive_topk: boolean;
}

const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

/** DETA's choice of proposals: suppression and sharing from what was recorded before each, then all of it. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const { levels, num_proposals: count, nms_thr: iou, ...meta } = golden.meta as unknown as ProposalMeta;
  const stored = (name: string) => integersOf(tensorOf(golden, name));
  const scores = floatsOf(tensorOf(golden, 'enc_logits'));
  const deltas = floatsOf(tensorOf(golden, 'enc_delta'));
  const boxes = floatsOf(tensorOf(golden, 'output_proposals_unact')).map((value, k) =>
    sigmoid(Math.fround(value + (deltas[k] ?? 0))),
  );
  const levelOf = stored('level_ids');
  const scoreOf = (chosen: Int32Array) => Float32Array.from(chosen, (i) => scores[i] ?? 0);

  const kept = suppressWithinLevels(stored('pre_nms_inds'), boxes, scores, levelOf, iou);
  const keptThere = stored('keep_inds_after_nms');
  checks.exact('kept as a set', kept.toSorted(), keptThere.toSorted());
  checks.exact('kept in order of scores', scoreOf(kept), scoreOf(keptThere));

  const chosen = stored('topk_proposals');
  if (!meta.fallback_naive_topk)
    checks.exact('shares', shareAmongLevels(keptThere, levelOf, levels.length, count), chosen);
  const reference = floatsOf(tensorOf(golden, 'init_reference'));
  const ours = Float32Array.from({ length: 4 * count }, (_, k) => boxes[4 * (chosen[k >> 2] ?? 0) + (k & 3)] ?? 0);
  checks.close('init_reference', ours, reference, 1e-6);

  // of equal logits PyTorch may take any: where there are some, scores and levels are compared
  const all = selectProposals(
    boxes,
    scores,
    levels.map(([height, width]) => height * width),
    { count, iou },
  );
  const own = stored('topk_proposals_own_level');
  const distinct = new Set(scores).size === scores.length;
  if (distinct) checks.exact('chosen', all, own);
  checks.exact('chosen, in order of scores', scoreOf(all), scoreOf(own));
  checks.exact('chosen, levels', all.map((i) => levelOf[i] ?? -1).sort(), own.map((i) => levelOf[i] ?? -1).sort());
};
