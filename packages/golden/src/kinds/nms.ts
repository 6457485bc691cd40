import { batchedNms, nms, type SoftNmsOptions, softNms } from '@detrain/core';
import { floatsOf, type GoldenCase, integersOf, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';

/** The same set, and the same order where scores differ: torchvision's class-wise loop ends with an unstable sort. */
const compareKept = (checks: Checks, label: string, ours: Int32Array, reference: Int32Array, scores: Float32Array) => {
  checks.exact(`${label} as a set`, ours.toSorted(), reference.toSorted());
  const scoreOf = (kept: Int32Array) => Float64Array.from(kept, (index) => scores[index] ?? 0);
  checks.exact(`${label} in order of scores`, scoreOf(ours), scoreOf(reference));
};

/** What the cases were made with; not in their meta.json, but every case agrees. */
const softOptions: Readonly<Record<string, SoftNmsOptions>> = {
  linear: { method: 'linear', iouThreshold: 0.3, minScore: 0.01 },
  gaussian: { method: 'gaussian', sigma: 0.5, minScore: 0.01 },
  naive: { method: 'naive', iouThreshold: 0.5, minScore: 0.001 },
  batched: { method: 'linear', iouThreshold: 0.5, minScore: 0.05 },
};

/** mmcv's soft-NMS: the same boxes in the same order, ties included, with the same scores. */
const compareSoft = (golden: GoldenCase, checks: Checks, method: string) => {
  const scores = floatsOf(tensorOf(golden, 'scores'));
  const labels = method === 'batched' ? { labels: integersOf(tensorOf(golden, 'labels')) } : {};
  const ours = softNms(floatsOf(tensorOf(golden, 'boxes')), scores, { ...softOptions[method], ...labels });
  const indices = integersOf(tensorOf(golden, `soft_${method}_inds`));
  const reference = floatsOf(tensorOf(golden, `soft_${method}_dets`)).filter((_, k) => k % 5 === 4);
  const label = `soft_${method}`;
  if (!reference.some(Number.isNaN)) {
    checks.exact(label, ours.indices, indices);
    // class by class, mmcv moves the boxes of each class far away, which costs digits
    checks.close(`${label} scores`, ours.scores, reference, method === 'batched' ? 1e-4 : 1e-6);
    return;
  }
  // where boxes without area meet, mmcv's gaussian gives NaN, which upsets its order, but no other box's score
  checks.exact(`${label} as a set`, ours.indices.toSorted(), indices.toSorted());
  const finals = new Map(Array.from(ours.indices, (index, k) => [index, ours.scores[k] ?? 0]));
  const sane = Array.from(indices.keys()).filter((k) => !Number.isNaN(reference[k]));
  checks.close(
    `${label} scores`,
    sane.map((k) => finals.get(indices[k] ?? -1) ?? 0),
    sane.map((k) => reference[k] ?? 0),
    1e-6,
  );
};

/** torchvision's (batched) NMS and mmcv's soft-NMS. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const boxes = floatsOf(tensorOf(golden, 'boxes'));
  const scores = floatsOf(tensorOf(golden, 'scores'));
  const labels = integersOf(tensorOf(golden, 'labels'));
  for (const name of Object.keys(golden.tensors())) {
    const plain = /^(nms|batched)_([\d.]+)$/.exec(name);
    if (plain) {
      const threshold = Number(plain[2]);
      const kept = plain[1] === 'nms' ? nms(boxes, scores, threshold) : batchedNms(boxes, scores, labels, threshold);
      compareKept(checks, name, kept, integersOf(tensorOf(golden, name)), scores);
    }
    const soft = /^soft_(\w+)_inds$/.exec(name);
    if (soft) compareSoft(golden, checks, soft[1] ?? '');
  }
};
