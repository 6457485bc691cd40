import { batchedNms, type Detections } from '@detrain/core';

/** Options of `duplicateRate`. */
export interface DuplicateOptions {
  /** Overlap above which two detections of one class are the same object. */
  readonly iou?: number;
  /** Detections with lower scores are left out. */
  readonly minScore?: number;
}

/**
 * Share of detections that a class-wise NMS would remove: how far an "NMS-free" detector is from needing none.
 * 0 without detections.
 */
export const duplicateRate = (
  images: readonly Detections[],
  { iou = 0.7, minScore = 0.3 }: DuplicateOptions = {},
): number => {
  let all = 0;
  let kept = 0;
  for (const { boxes, scores, labels } of images) {
    const rows = Array.from(scores.keys()).filter((i) => (scores[i] as number) >= minScore);
    const flat = Float32Array.from(rows.flatMap((i) => Array.from(boxes.subarray(4 * i, 4 * i + 4))));
    const pick = (values: ArrayLike<number>) => rows.map((i) => values[i] as number);
    all += rows.length;
    kept += batchedNms(flat, pick(scores), pick(labels), iou).length;
  }
  return all === 0 ? 0 : (all - kept) / all;
};
