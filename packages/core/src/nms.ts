import { countBoxes, type FlatBoxes } from './boxes.ts';
import { fail } from './fail.ts';

/** Indices `[count]` by descending score; equal scores keep their order. */
export const byDescendingScore = (scores: ArrayLike<number>): Int32Array => {
  const order = Int32Array.from({ length: scores.length }, (_, i) => i);
  return order.sort((i, j) => (scores[j] as number) - (scores[i] as number) || i - j);
};

/**
 * Greedy non-maximum suppression: walks down the scores and drops every box whose IoU with a kept one is above the threshold.
 *
 * Arithmetic is float32, as in torchvision, so that borderline pairs fall on the same side; two boxes without area never suppress.
 *
 * @param boxes x1 y1 x2 y2 `[count * 4]`, any unit.
 * @param scores `[count]`
 * @param labels Classes `[count]`: boxes of different classes do not suppress each other; absent: all are of one class.
 * @returns Indices of kept boxes, by descending score.
 */
const suppress = (
  boxes: FlatBoxes,
  scores: ArrayLike<number>,
  threshold: number,
  labels?: ArrayLike<number>,
): Int32Array => {
  const count = countBoxes(boxes);
  if (scores.length !== count || (labels && labels.length !== count))
    fail(
      'core',
      `${count} boxes, ${scores.length} scores`,
      'NMS needs one score (and label) a box',
      'Pass equally many',
    );
  const order = byDescendingScore(scores);
  // Sorted copies keep the quadratic loop on sequential memory.
  const x1 = new Float32Array(count);
  const y1 = new Float32Array(count);
  const x2 = new Float32Array(count);
  const y2 = new Float32Array(count);
  const areas = new Float32Array(count);
  const classes = new Int32Array(count);
  for (let s = 0; s < count; s++) {
    const i = order[s] as number;
    x1[s] = boxes[4 * i] as number;
    y1[s] = boxes[4 * i + 1] as number;
    x2[s] = boxes[4 * i + 2] as number;
    y2[s] = boxes[4 * i + 3] as number;
    areas[s] = Math.fround((x2[s]! as number) - x1[s]!) * Math.fround(y2[s]! - y1[s]!);
    if (labels) classes[s] = labels[i] as number;
  }
  const dropped = new Uint8Array(count);
  const kept = new Int32Array(count);
  let keptCount = 0;
  for (let s = 0; s < count; s++) {
    if (dropped[s]) continue;
    kept[keptCount++] = order[s] as number;
    const left = x1[s]!;
    const top = y1[s]!;
    const right = x2[s]!;
    const bottom = y2[s]!;
    const own = areas[s]!;
    const label = classes[s]!;
    for (let r = s + 1; r < count; r++) {
      if (dropped[r] || classes[r] !== label) continue;
      const width = Math.fround(Math.min(right, x2[r]!) - Math.max(left, x1[r]!));
      if (!(width > 0)) continue;
      const height = Math.fround(Math.min(bottom, y2[r]!) - Math.max(top, y1[r]!));
      if (!(height > 0)) continue;
      const inter = Math.fround(width * height);
      if (Math.fround(inter / Math.fround(Math.fround(own + areas[r]!) - inter)) > threshold) dropped[r] = 1;
    }
  }
  return kept.slice(0, keptCount);
};

/** Class-blind greedy NMS of boxes x1 y1 x2 y2 `[count * 4]`: the kept indices, by descending score. */
export const nms = (boxes: FlatBoxes, scores: ArrayLike<number>, iouThreshold: number): Int32Array =>
  suppress(boxes, scores, iouThreshold);

/** Greedy NMS within each class: boxes x1 y1 x2 y2 `[count * 4]`, labels `[count]`; the kept indices, by descending score. */
export const batchedNms = (
  boxes: FlatBoxes,
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  iouThreshold: number,
): Int32Array => suppress(boxes, scores, iouThreshold, labels);
