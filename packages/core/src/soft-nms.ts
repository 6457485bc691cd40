import { area, countBoxes, type FlatBoxes } from './boxes.ts';
import { fail } from './fail.ts';

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
 * Soft-NMS: lowers the scores of overlapping boxes instead of dropping them (Bodla et al. 2017), as mmcv computes it: in float32, with the
 * same swaps, which decide between equal scores. Boxes without area overlap nothing; mmcv's gaussian makes their scores NaN.
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
  const count = countBoxes(boxes);
  if (scores.length !== count || (labels && labels.length !== count))
    fail(
      'core',
      `${count} boxes, ${scores.length} scores`,
      'Soft-NMS needs one score (and label) a box',
      'Pass equally many',
    );
  const threshold = Math.fround(iouThreshold);
  // Copies that are kept in step: places below `place` hold what is kept, those from there to `left` what is still open.
  const coordinate = (e: number) => Float32Array.from({ length: count }, (_, i) => boxes[4 * i + e]!);
  const [x1s, y1s, x2s, y2s] = [coordinate(0), coordinate(1), coordinate(2), coordinate(3)];
  const areas = area(boxes);
  const current = Float32Array.from(scores);
  const classes = labels ? Int32Array.from(labels) : new Int32Array(count);
  const indices = Int32Array.from({ length: count }, (_, i) => i);
  const swap = (a: number, b: number) => {
    for (const values of [x1s, y1s, x2s, y2s, areas, current, classes, indices]) {
      const held = values[a]!;
      values[a] = values[b]!;
      values[b] = held;
    }
  };

  let left = count;
  let best = 0;
  for (let i = 1; i < left; i++) if (current[i]! > current[best]!) best = i;
  let place = 0;
  for (; place < left && !(current[best]! < minScore); place++) {
    swap(place, best);
    const x1 = x1s[place]!;
    const y1 = y1s[place]!;
    const x2 = x2s[place]!;
    const y2 = y2s[place]!;
    const own = areas[place]!;
    const label = classes[place]!;
    best = place + 1;
    let bestScore = -Infinity;
    for (let i = place + 1; i < left; ) {
      let score = current[i]!;
      if (classes[i] === label && x1s[i]! < x2 && y1s[i]! < y2 && x2s[i]! > x1 && y2s[i]! > y1) {
        const width = Math.fround(Math.min(x2, x2s[i]!) - Math.max(x1, x1s[i]!));
        const height = Math.fround(Math.min(y2, y2s[i]!) - Math.max(y1, y1s[i]!));
        const inter = Math.fround(width * height);
        const union = Math.fround(Math.fround(own + areas[i]!) - inter);
        const iou = union > 0 ? Math.fround(inter / union) : 0;
        if (method === 'gaussian') score = Math.fround(score * Math.fround(Math.exp(-(iou * iou) / sigma)));
        else if (iou >= threshold) score = method === 'linear' ? Math.fround(score * Math.fround(1 - iou)) : 0;
        current[i] = score;
      }
      if (score < minScore) swap(i, --left);
      else {
        if (score > bestScore) {
          bestScore = score;
          best = i;
        }
        i++;
      }
    }
  }
  return { indices: indices.slice(0, place), scores: current.slice(0, place) };
};
