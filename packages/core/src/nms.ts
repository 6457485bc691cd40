import { countBoxes, type FlatBoxes } from './boxes.ts';
import { byDescendingScore } from './by-score.ts';
import { fail } from './fail.ts';

/** Cells along a side of the grid at most: beyond, walking empty cells costs more than it saves. */
const MOST_CELLS = 64;
/** Thresholds below let boxes reach so far that no grid helps. */
const LEAST_GRID_THRESHOLD = 0.05;
/** Widens the search a little, so that rounding never hides a neighbour. */
const MARGIN = 1.001;

/** Where boxes lie in a grid by class and centre. */
interface Grid {
  /** Cells along a side. */
  readonly side: number;
  /** Dense class index `[count]`. */
  readonly classOf: Int32Array;
  readonly classes: number;
  readonly left: number;
  readonly top: number;
  /** Cells per unit. */
  readonly perX: number;
  readonly perY: number;
}

/** Classes numbered from 0, in order of appearance; all 0 without labels. */
const numberClasses = (count: number, labels: ArrayLike<number> | undefined) => {
  const classOf = new Int32Array(count);
  if (!labels) return { classOf, classes: 1 };
  const numbers = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const label = labels[i]!;
    let number = numbers.get(label);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(label, number);
    }
    classOf[i] = number;
  }
  return { classOf, classes: Math.max(numbers.size, 1) };
};

const layOut = (boxes: FlatBoxes, labels: ArrayLike<number> | undefined, threshold: number): Grid => {
  const count = boxes.length / 4;
  const { classOf, classes } = numberClasses(count, labels);
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  for (let k = 0; k < boxes.length; k += 4) {
    const x = (boxes[k]! + boxes[k + 2]!) / 2;
    const y = (boxes[k + 1]! + boxes[k + 3]!) / 2;
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  const wanted = Math.round(Math.sqrt(count / classes / 2));
  const side = threshold < LEAST_GRID_THRESHOLD ? 1 : Math.min(Math.max(wanted, 1), MOST_CELLS);
  const per = (extent: number) => (extent > 0 && extent < Infinity ? side / extent : 0);
  return { side, classOf, classes, left, top, perX: per(right - left), perY: per(bottom - top) };
};

const cellOf = (distance: number, side: number): number =>
  distance > 0 ? Math.min(Math.floor(distance), side - 1) : 0;

/**
 * Greedy non-maximum suppression: walks down the scores and drops every box whose IoU with a kept one is above the threshold.
 *
 * IoU is computed in float32, as in torchvision, so that borderline pairs fall on the same side. Kept boxes lie in a grid by class and
 * centre: where the IoU is above t, the centres are at most (1 - t) / 2t of either box's width and height apart.
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
  if (!(threshold >= 0)) fail('core', `an IoU threshold of ${threshold}`, 'It is in [0, 1]', 'Pass 0.5, for instance');
  const order = byDescendingScore(scores);
  const { side, classOf, classes, left, top, perX, perY } = layOut(boxes, labels, threshold);
  const reach = threshold < LEAST_GRID_THRESHOLD ? 0 : (MARGIN * Math.max(1 - threshold, 0)) / (2 * threshold);

  const kept = new Int32Array(count);
  let keptCount = 0;
  // Kept boxes by slot, chained cell by cell.
  const x1s = new Float32Array(count);
  const y1s = new Float32Array(count);
  const x2s = new Float32Array(count);
  const y2s = new Float32Array(count);
  const areas = new Float32Array(count);
  const next = new Int32Array(count);
  const heads = new Int32Array(classes * side * side).fill(-1);

  walk: for (let s = 0; s < count; s++) {
    const i = order[s]!;
    const x1 = Math.fround(boxes[4 * i]!);
    const y1 = Math.fround(boxes[4 * i + 1]!);
    const x2 = Math.fround(boxes[4 * i + 2]!);
    const y2 = Math.fround(boxes[4 * i + 3]!);
    const width = Math.fround(x2 - x1);
    const height = Math.fround(y2 - y1);
    const area = Math.fround(width * height);
    // A box without area overlaps nothing (0/0 is no overlap), an infinite one nothing by any share.
    if (!(width > 0 && height > 0 && area > 0 && area < Infinity)) {
      kept[keptCount++] = i;
      continue;
    }
    const x = ((x1 + x2) / 2 - left) * perX;
    const y = ((y1 + y2) / 2 - top) * perY;
    const reachX = reach * width * perX;
    const reachY = reach * height * perY;
    const lastColumn = cellOf(x + reachX, side);
    const lastRow = cellOf(y + reachY, side);
    const base = classOf[i]! * side * side;
    for (let row = cellOf(y - reachY, side); row <= lastRow; row++)
      for (let column = cellOf(x - reachX, side); column <= lastColumn; column++)
        for (let slot = heads[base + row * side + column]!; slot >= 0; slot = next[slot]!) {
          if (!(x1s[slot]! < x2 && y1s[slot]! < y2 && x2s[slot]! > x1 && y2s[slot]! > y1)) continue;
          const w = Math.fround(Math.min(x2, x2s[slot]!) - Math.max(x1, x1s[slot]!));
          const h = Math.fround(Math.min(y2, y2s[slot]!) - Math.max(y1, y1s[slot]!));
          const inter = Math.fround(w * h);
          if (Math.fround(inter / Math.fround(Math.fround(area + areas[slot]!) - inter)) > threshold) continue walk;
        }
    const cell = base + cellOf(y, side) * side + cellOf(x, side);
    x1s[keptCount] = x1;
    y1s[keptCount] = y1;
    x2s[keptCount] = x2;
    y2s[keptCount] = y2;
    areas[keptCount] = area;
    next[keptCount] = heads[cell]!;
    heads[cell] = keptCount;
    kept[keptCount++] = i;
  }
  return kept.slice(0, keptCount);
};

/**
 * Class-blind greedy NMS.
 *
 * @param boxes x1 y1 x2 y2 `[count * 4]`, any unit.
 * @param scores `[count]`
 * @returns Indices of kept boxes, by descending score.
 */
export const nms = (boxes: FlatBoxes, scores: ArrayLike<number>, iouThreshold: number): Int32Array =>
  suppress(boxes, scores, iouThreshold);

/**
 * Greedy NMS within each class.
 *
 * @param boxes x1 y1 x2 y2 `[count * 4]`, any unit.
 * @param scores `[count]`
 * @param labels Classes `[count]`: boxes of different classes do not suppress each other.
 * @returns Indices of kept boxes, by descending score.
 */
export const batchedNms = (
  boxes: FlatBoxes,
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  iouThreshold: number,
): Int32Array => suppress(boxes, scores, iouThreshold, labels);
