import {
  leaveOutRegions,
  type MatchOptions,
  matchByOverlap,
  overlapsOf,
  rcnnMatching,
  retinaNetMatching,
  rpnMatching,
} from '@detrain/assigner-iou';
import { BACKGROUND } from '@detrain/core';
import { tensorsBeside } from '../beside.ts';
import { floatsOf, type GoldenCase, integersOf, tensorOf, Unsupported } from '../case.ts';
import type { Checks } from '../checks.ts';

interface Config {
  readonly pos_iou_thr: number;
  readonly neg_iou_thr: number | readonly [number, number];
  readonly min_pos_iou: number;
  readonly match_low_quality?: boolean;
  readonly gt_max_assign_all?: boolean;
  readonly ignore_iof_thr?: number;
  readonly ignore_wrt_candidates?: boolean;
}

interface MaxIouMeta {
  readonly anchors_file: string;
  readonly variants: readonly { readonly name: string; readonly cfg: Config }[];
}

/** mmdetection's settings as ours. */
const optionsOf = (config: Config): MatchOptions => ({
  positive: config.pos_iou_thr,
  negative: config.neg_iou_thr,
  ...((config.match_low_quality ?? true) && {
    lowQuality: {
      minimum: config.min_pos_iou,
      goesTo: 'target',
      ties: config.gt_max_assign_all === false ? 'first' : 'all',
      zeroOverlap: true,
    },
  }),
});

/** Our presets, which the variants of these names must agree with. */
const presets: Readonly<Record<string, MatchOptions>> = {
  rpn: rpnMatching,
  rcnn: rcnnMatching,
  retina: { ...retinaNetMatching, lowQuality: { ...retinaNetMatching.lowQuality, zeroOverlap: true } },
};

/** mmdetection's `gt_inds`: 0 background, -1 ignored, else the target's index plus one. */
export const toGtIndices = (targetOf: Int32Array): Int32Array =>
  targetOf.map((target) => (target >= 0 ? target + 1 : target === BACKGROUND ? 0 : -1));

/** mmdetection's MaxIoUAssigner on anchors and on proposals, with regions to ignore. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const { anchors_file, variants } = golden.meta as unknown as MaxIouMeta;
  const anchors = tensorsBeside(golden, anchors_file)['anchors'];
  if (!anchors) throw new Unsupported(`${anchors_file} holds no anchors`);
  const boxes: Readonly<Record<string, Float32Array>> = {
    anchors: floatsOf(anchors),
    proposals: floatsOf(tensorOf(golden, 'proposals')),
  };
  const targets = floatsOf(tensorOf(golden, 'gt_boxes'));
  const regions = floatsOf(tensorOf(golden, 'gt_boxes_ignore'));
  for (const { name, cfg } of variants) {
    const [setting = '', on = ''] = name.split('__');
    const candidates = boxes[on] ?? new Float32Array(0);
    const all = overlapsOf(targets, candidates);
    const above = cfg.ignore_iof_thr ?? -1;
    const shareOf = cfg.ignore_wrt_candidates === false ? 'region' : 'candidate';
    // mmdetection looks at regions to ignore only where there are targets
    const looks = above > 0 && targets.length > 0;
    const overlaps = looks ? leaveOutRegions(all, candidates, regions, { above, shareOf }) : all;
    const { targetOf, overlap } = matchByOverlap(overlaps, optionsOf(cfg));
    checks.exact(name, toGtIndices(targetOf), integersOf(tensorOf(golden, `${name}_gt_inds`)));
    const stored = golden.tensors()[`${name}_max_overlaps`];
    if (stored) checks.exact(`${name} max_overlaps`, overlap, floatsOf(stored));
    const preset = presets[setting];
    if (preset) checks.exact(`${name} by our preset`, matchByOverlap(overlaps, preset).targetOf, targetOf);
  }
};
