import { anchorGrid, levelSizes } from '@detrain/anchors';
import { type AtssInput, type AtssRule, assignAtss, atss } from '@detrain/assigner-atss';
import { BACKGROUND, createRng, fromPixelCorners, IGNORE, type PixelSize } from '@detrain/core';
import { tensorsBeside } from '../beside.ts';
import { floatsOf, type GoldenCase, integersOf, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';

interface Variant {
  readonly variant: number;
  readonly topk: number;
  readonly ignore_iof_thr: number;
  /** Whether equal distances left the official code a choice. */
  readonly distance_tie_at_topk_cut: boolean;
}

/** The official distance of ignored anchors. */
const FAR = 1e8;
const STRIDES = [8, 16, 32, 64, 128];
const context = { rng: createRng(0), progress: 0, epoch: 0, step: 0, output: 'anchors' };

/** Width and height of a case's image, from its name. */
const sizeOf = ({ name }: GoldenCase): PixelSize => {
  const [, height, width] = /_(\d+)x(\d+)(?:_|$)/.exec(name) ?? [];
  return [Number(width), Number(height)];
};

const centre = (boxes: Float32Array, i: number, axis: 0 | 1) =>
  Math.fround((boxes[4 * i + axis] ?? 0) + (boxes[4 * i + axis + 2] ?? 0)) / 2;

/**
 * Anchors that are exactly as far from a target as the last one that fits: which of them are taken is open. Ignored anchors are all
 * equally far.
 */
const tiedAnchors = (input: AtssInput, rule: AtssRule & { readonly topk: number }) => {
  const { anchors, levels, targets } = input;
  const { topk } = rule;
  const { targetOf: without } = assignAtss({ ...input, targets: new Float32Array(0) }, rule);
  const open = new Set<number>();
  for (let target = 0; target < targets.length / 4; target++) {
    let start = 0;
    for (const count of levels) {
      const distances = Float32Array.from({ length: count }, (_, k) =>
        without[start + k] === IGNORE
          ? FAR
          : Math.hypot(
              centre(anchors, start + k, 0) - centre(targets, target, 0),
              centre(anchors, start + k, 1) - centre(targets, target, 1),
            ),
      );
      const cut = distances.toSorted()[Math.min(topk, count) - 1];
      if (distances.filter((distance) => distance <= (cut ?? 0)).length > topk)
        distances.forEach((distance, k) => {
          if (distance === cut) open.add(start + k);
        });
      start += count;
    }
  }
  return open;
};

/** ATSS on stored anchors: who answers for whom and with which IoU, from pixels and through the assigner. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const imageSize = sizeOf(golden);
  const file = golden.meta['anchors_file'];
  const made = anchorGrid({ strides: STRIDES }).generate(levelSizes(imageSize[1], imageSize[0], STRIDES));
  if (file === undefined) {
    checks.exact('anchors', made.boxes, floatsOf(tensorOf(golden, 'anchors')));
    return;
  }
  const stored = tensorsBeside(golden, String(file))['anchors'];
  if (!stored) throw new Error(`golden: ${file} has no anchors.`);
  const anchors = floatsOf(stored);
  const levels = golden.meta['num_level_anchors'] as readonly number[];
  const targets = floatsOf(tensorOf(golden, 'gt_boxes'));
  const labels = integersOf(tensorOf(golden, 'gt_labels'));
  const ignored = floatsOf(tensorOf(golden, 'gt_boxes_ignore'));

  for (const setting of golden.meta['variants'] as Variant[]) {
    const label = `v${setting.variant}`;
    const { topk, ignore_iof_thr: ignoreIof } = setting;
    // official indices: 0 is background, -1 ignored, targets count from 1
    const reference = integersOf(tensorOf(golden, `${label}_gt_inds`)).map((index) => index - 1);
    const overlaps = floatsOf(tensorOf(golden, `${label}_max_overlaps`));
    const classes = integersOf(tensorOf(golden, `${label}_labels`));
    const rule = { topk, ...(ignoreIof > 0 && { ignoreIof }) };
    const input = { anchors, levels, targets, ignored };
    const { targetOf, iou } = assignAtss(input, rule);
    const open = setting.distance_tie_at_topk_cut ? tiedAnchors(input, rule) : new Set<number>();
    const decided = (values: ArrayLike<number>) => Array.from(values).filter((_, i) => !open.has(i));
    // without targets the official code forgets to ignore
    const ours = labels.length > 0 ? targetOf : targetOf.map((target) => (target === IGNORE ? BACKGROUND : target));
    checks.exact(`${label} targets`, decided(ours), decided(reference));
    checks.exact(`${label} IoUs`, decided(iou), decided(overlaps.map((overlap) => Math.max(overlap, 0))));
    const labelled = ours.map((target) => labels[target] ?? -1);
    checks.exact(`${label} labels`, decided(labelled), decided(classes));
    if (open.size > 0 || ignoreIof > 0) continue;
    const scene = { boxes: fromPixelCorners(anchors, imageSize), levels, numClasses: 10 };
    const unit = { boxes: fromPixelCorners(targets, imageSize), labels };
    checks.exact(
      `${label} through the assigner`,
      atss({ topk, imageSize }).assign(scene, unit, context).targetOf,
      reference,
    );
  }
};
