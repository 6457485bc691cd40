import type { Detections, Suppression } from '@detrain/core';
import { postprocess } from '@detrain/models';
import { floatsOf, type GoldenCase, integersOf, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';

/** What the cases were made with: DETA's NMSPostProcess and the plain one. */
const suppressions: Readonly<Record<string, Suppression>> = {
  nms: { kind: 'nms', iou: 0.7, preCount: 10_000, count: 100 },
  plain: { kind: 'top-k', count: 100 },
};

const CLOSE = 1e-6;

/** The number of reference detections that ours lack; of those that tie with the last one any may be there. */
const missing = (ours: Detections, reference: Detections): number => {
  const last = reference.scores.at(-1) ?? 0;
  const taken = new Set<number>();
  const isLike = (i: number, j: number) =>
    ours.labels[i] === reference.labels[j] &&
    Math.abs((ours.scores[i] ?? 0) - (reference.scores[j] ?? 0)) <= CLOSE &&
    [0, 1, 2, 3].every((e) => {
      const there = reference.boxes[4 * j + e] ?? 0;
      return Math.abs((ours.boxes[4 * i + e] ?? 0) - there) <= CLOSE * Math.max(1, Math.abs(there));
    });
  return Array.from(reference.scores.keys()).filter((j) => {
    if ((reference.scores[j] ?? 0) - last <= CLOSE) return false;
    const found = Array.from(ours.scores.keys()).find((i) => !taken.has(i) && isLike(i, j));
    if (found !== undefined) taken.add(found);
    return found === undefined;
  }).length;
};

/** DETA's detections of each image, with and without suppression. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const logits = floatsOf(tensorOf(golden, 'pred_logits'));
  const boxes = floatsOf(tensorOf(golden, 'pred_boxes'));
  const sizes = integersOf(tensorOf(golden, 'target_sizes'));
  const [batch = 0, queries = 0, numClasses = 0] = tensorOf(golden, 'pred_logits').shape;
  for (const [name, suppression] of Object.entries(suppressions))
    for (let image = 0; image < batch; image++) {
      if (!golden.tensors()[`${name}_scores_${image}`]) continue;
      const ours = postprocess(
        logits.subarray(image * queries * numClasses, (image + 1) * queries * numClasses),
        boxes.subarray(image * queries * 4, (image + 1) * queries * 4),
        { numClasses, width: sizes[2 * image + 1] ?? 0, height: sizes[2 * image] ?? 0, suppression },
      );
      const reference: Detections = {
        scores: floatsOf(tensorOf(golden, `${name}_scores_${image}`)),
        labels: integersOf(tensorOf(golden, `${name}_labels_${image}`)),
        boxes: floatsOf(tensorOf(golden, `${name}_boxes_${image}`)),
      };
      checks.close(`${name} ${image} scores`, ours.scores, reference.scores, CLOSE);
      checks.count(`${name} ${image} missing`, missing(ours, reference), 0);
    }
};
