import { type CategoryMatches, NEITHER, TRUE_POSITIVE } from './match.ts';
import type { CocoParams } from './params.ts';

/** Where results of all categories are collected; filled with -1 at first. */
export interface Curves {
  readonly precision: Float64Array;
  readonly recall: Float64Array;
  readonly scores: Float64Array;
}

/**
 * Reads precision at 101 recalls, and the highest recall, from one category's matches (COCO's `accumulate`).
 * Leaves -1 where an area has no objects.
 */
export const accumulate = (
  { precision, recall, scores }: Curves,
  matches: CategoryMatches,
  category: number,
  categories: number,
  { areas, iouThresholds, maxDetections, recalls }: CocoParams,
): void => {
  const limits = maxDetections.length;
  const inner = areas.length * limits;
  // Of the n-th true positive: how many detections were wrong before it, and where it is.
  const wrongBefore = new Int32Array(matches.count + 1);
  const at = new Int32Array(matches.count + 1);
  const envelope = new Float64Array(matches.count + 2);
  for (let a = 0; a < areas.length; a++) {
    const objects = matches.objects[a]!;
    if (objects === 0) continue;
    for (let m = 0; m < limits; m++) {
      const limit = maxDetections[m]!;
      let firstAt = -1;
      for (let n = 0; n < matches.count && firstAt < 0; n++) if (matches.rank[n]! < limit) firstAt = n;
      for (let t = 0; t < iouThresholds.length; t++) {
        const base = (a * iouThresholds.length + t) * matches.count;
        let right = 0;
        let wrong = 0;
        for (let n = 0; n < matches.count; n++) {
          const status = matches.status[base + n]!;
          if (status === NEITHER || matches.rank[n]! >= limit) continue;
          if (status === TRUE_POSITIVE) {
            right++;
            wrongBefore[right] = wrong;
            at[right] = n;
          } else wrong++;
        }
        recall[((t * categories + category) * areas.length + a) * limits + m] = right / objects;
        // Precision never rises with recall: each true positive has the best precision from it on.
        envelope[right + 1] = 0;
        for (let n = right; n > 0; n--)
          envelope[n] = Math.max(envelope[n + 1]!, n / (wrongBefore[n]! + n + Number.EPSILON));
        let n = 1;
        for (let r = 0; r < recalls.length; r++) {
          const to = ((t * recalls.length + r) * categories + category) * inner + a * limits + m;
          while (n <= right && n / objects < recalls[r]!) n++;
          const reached = recalls[r] === 0 ? firstAt >= 0 : n <= right;
          precision[to] = reached ? envelope[n]! : 0;
          scores[to] = reached ? matches.scores[recalls[r] === 0 ? firstAt : at[n]!]! : 0;
        }
      }
    }
  }
};
