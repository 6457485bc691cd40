import { batchedNms, nms, softNms } from '@detrain/core';
import { floatsOf, type GoldenCase, integersOf, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';

/** The same set, and the same order where scores differ. */
const compareKept = (checks: Checks, label: string, ours: Int32Array, reference: Int32Array, scores: Float32Array) => {
  checks.exact(`${label} as a set`, ours.toSorted(), reference.toSorted());
  const scoreOf = (kept: Int32Array) => Float64Array.from(kept, (index) => scores[index] ?? 0);
  checks.exact(`${label} in order of scores`, scoreOf(ours), scoreOf(reference));
};

/** What the cases were made with; not in their meta.json, but every case agrees. */
const softOptions = {
  linear: { method: 'linear', iouThreshold: 0.3, minScore: 0.01 },
  gaussian: { method: 'gaussian', sigma: 0.5, minScore: 0.01 },
  naive: { method: 'naive', iouThreshold: 0.5, minScore: 0.001 },
} as const;

/** torchvision's (batched) NMS and mmcv's soft-NMS. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const boxes = floatsOf(tensorOf(golden, 'boxes'));
  const scores = floatsOf(tensorOf(golden, 'scores'));
  const labels = integersOf(tensorOf(golden, 'labels'));
  const distinct = new Set(scores).size === scores.length;
  for (const name of Object.keys(golden.tensors())) {
    const plain = /^(nms|batched)_([\d.]+)$/.exec(name);
    if (plain) {
      const threshold = Number(plain[2]);
      const kept = plain[1] === 'nms' ? nms(boxes, scores, threshold) : batchedNms(boxes, scores, labels, threshold);
      compareKept(checks, name, kept, integersOf(tensorOf(golden, name)), scores);
    }
    const soft = /^soft_(linear|gaussian|naive)_inds$/.exec(name);
    // which of two equal scores comes first decides what is left of their neighbours, and mmcv leaves that open
    if (soft && distinct) {
      const method = soft[1] as keyof typeof softOptions;
      const ours = softNms(boxes, scores, softOptions[method]);
      const reference = floatsOf(tensorOf(golden, `soft_${method}_dets`)).filter((_, i) => i % 5 === 4);
      // where boxes without area meet, mmcv's gaussian gives NaN: nothing to follow there
      if (reference.some(Number.isNaN)) continue;
      checks.close(`soft_${method} scores`, ours.scores, reference, 1e-5);
      checks.exact(`soft_${method} as a set`, ours.indices.toSorted(), integersOf(tensorOf(golden, name)).toSorted());
    }
  }
};
