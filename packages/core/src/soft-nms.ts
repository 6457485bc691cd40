import { countBoxes, type FlatBoxes } from './boxes.ts';
import { iou } from './iou.ts';

export interface SoftNmsOptions {
  /** How a neighbour's score falls: by `1 - IoU` at or above the threshold, by `exp(-IoU^2 / sigma)`, or to nothing (plain NMS). */
  readonly method?: 'linear' | 'gaussian' | 'naive';
  readonly iouThreshold?: number;
  readonly sigma?: number;
  /** Boxes whose score falls below are left out. */
  readonly minScore?: number;
  /** Classes `[count]`: boxes of different classes leave each other alone. */
  readonly labels?: ArrayLike<number>;
}

/**
 * Soft-NMS: lowers the scores of overlapping boxes instead of dropping them (Bodla et al. 2017), as mmcv computes it.
 *
 * @param boxes x1 y1 x2 y2 `[count * 4]`, any unit.
 * @param scores `[count]`
 * @returns Kept indices by descending final score, and these scores.
 */
export const softNms = (
  boxes: FlatBoxes,
  scores: ArrayLike<number>,
  { method = 'linear', iouThreshold = 0.3, sigma = 0.5, minScore = 1e-3, labels }: SoftNmsOptions = {},
): { readonly indices: Int32Array; readonly scores: Float32Array } => {
  let left = countBoxes(boxes);
  const current = Float32Array.from(scores);
  const order = Int32Array.from({ length: left }, (_, i) => i);
  const indices: number[] = [];
  const finals: number[] = [];
  while (left > 0) {
    let top = 0;
    for (let k = 1; k < left; k++) if ((current[order[k]!] as number) > (current[order[top]!] as number)) top = k;
    const best = order[top]!;
    // Swapping first and best, as mmcv does, decides between equal scores later on.
    order[top] = order[0]!;
    const bestScore = current[best]!;
    if (!(bestScore >= minScore)) break;
    indices.push(best);
    finals.push(bestScore);
    let write = 0;
    for (let k = 1; k < left; k++) {
      const i = order[k]!;
      if (!labels || labels[i] === labels[best]) {
        const overlap = iou(boxes, best, boxes, i);
        let factor = 1;
        if (method === 'gaussian') factor = Math.exp(-(overlap * overlap) / sigma);
        else if (overlap >= iouThreshold) factor = method === 'linear' ? 1 - overlap : 0;
        current[i] = current[i]! * factor;
      }
      if (current[i]! >= minScore) order[write++] = i;
    }
    left = write;
  }
  return { indices: Int32Array.from(indices), scores: Float32Array.from(finals) };
};
