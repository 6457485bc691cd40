import { countBoxes, type FlatBoxes } from './boxes.ts';
import { float32Iou } from './float32-iou.ts';

/** IoU of box `i` of `a` and box `j` of `b`, both x1 y1 x2 y2; 0 where both areas are 0. */
export const iou = (a: FlatBoxes, i: number, b: FlatBoxes, j: number): number => {
  const p = 4 * i;
  const q = 4 * j;
  const ax1 = a[p] as number;
  const ay1 = a[p + 1] as number;
  const ax2 = a[p + 2] as number;
  const ay2 = a[p + 3] as number;
  const bx1 = b[q] as number;
  const by1 = b[q + 1] as number;
  const bx2 = b[q + 2] as number;
  const by2 = b[q + 3] as number;
  const width = Math.min(ax2, bx2) - Math.max(ax1, bx1);
  const height = Math.min(ay2, by2) - Math.max(ay1, by1);
  const inter = width > 0 && height > 0 ? width * height : 0;
  const union = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - inter;
  return union === 0 ? 0 : inter / union;
};

/** Generalised IoU in [-1, 1] of box `i` of `a` and box `j` of `b`, both x1 y1 x2 y2 (Rezatofighi et al. 2019). */
export const giou = (a: FlatBoxes, i: number, b: FlatBoxes, j: number): number => {
  const p = 4 * i;
  const q = 4 * j;
  const ax1 = a[p] as number;
  const ay1 = a[p + 1] as number;
  const ax2 = a[p + 2] as number;
  const ay2 = a[p + 3] as number;
  const bx1 = b[q] as number;
  const by1 = b[q + 1] as number;
  const bx2 = b[q + 2] as number;
  const by2 = b[q + 3] as number;
  const width = Math.min(ax2, bx2) - Math.max(ax1, bx1);
  const height = Math.min(ay2, by2) - Math.max(ay1, by1);
  const inter = width > 0 && height > 0 ? width * height : 0;
  const union = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - inter;
  const hull = (Math.max(ax2, bx2) - Math.min(ax1, bx1)) * (Math.max(ay2, by2) - Math.min(ay1, by1));
  return (union === 0 ? 0 : inter / union) - (hull === 0 ? 0 : (hull - union) / hull);
};

/** Boxes as float32 numbers. */
const asFloat32 = (boxes: FlatBoxes): Float32Array =>
  boxes instanceof Float32Array ? boxes : Float32Array.from(boxes);

/** A measure that is 0 of boxes that are apart, of all pairs. */
const overlapMatrix = (measure: typeof float32Iou, a: FlatBoxes, b: FlatBoxes): Float32Array => {
  const rows = asFloat32(a);
  const columns = asFloat32(b);
  const count = countBoxes(columns);
  const out = new Float32Array(countBoxes(rows) * count);
  for (let i = 0, k = 0; k < out.length; i++) {
    const x1 = rows[4 * i]!;
    const y1 = rows[4 * i + 1]!;
    const x2 = rows[4 * i + 2]!;
    const y2 = rows[4 * i + 3]!;
    for (let j = 0, q = 0; j < count; j++, q += 4, k++)
      // Most pairs are apart, and comparing is the fastest way to see it.
      if (columns[q]! < x2 && columns[q + 1]! < y2 && columns[q + 2]! > x1 && columns[q + 3]! > y1)
        out[k] = measure(rows, i, columns, j);
  }
  return out;
};

/**
 * IoU of every pair `[a, b]`, row-major, of boxes given as x1 y1 x2 y2; 0 where both areas are 0.
 *
 * Float32 at every step, as in torchvision: what is equal there (a tie, a threshold met) is equal here.
 */
export const iouMatrix = (a: FlatBoxes, b: FlatBoxes): Float32Array => overlapMatrix(float32Iou, a, b);

/** Share of box `i` of `a` that box `j` of `b` covers. */
const float32Iof: typeof float32Iou = (a, i, b, j) => {
  const p = 4 * i;
  const q = 4 * j;
  const width = Math.fround(Math.min(a[p + 2]!, b[q + 2]!) - Math.max(a[p]!, b[q]!));
  const height = Math.fround(Math.min(a[p + 3]!, b[q + 3]!) - Math.max(a[p + 1]!, b[q + 1]!));
  const own = Math.fround(Math.fround(a[p + 2]! - a[p]!) * Math.fround(a[p + 3]! - a[p + 1]!));
  return own > 0 ? Math.fround(Math.fround(width * height) / own) : 0;
};

/** Share of each box of `a` that each box of `b` covers `[a, b]`, row-major (IoF), float32 at every step; 0 where `a` has no area. */
export const iofMatrix = (a: FlatBoxes, b: FlatBoxes): Float32Array => overlapMatrix(float32Iof, a, b);

/** Generalised IoU of every pair `[a, b]`, row-major, of boxes given as x1 y1 x2 y2. */
export const giouMatrix = (a: FlatBoxes, b: FlatBoxes): Float32Array => {
  const rows = countBoxes(a);
  const columns = countBoxes(b);
  const out = new Float32Array(rows * columns);
  for (let i = 0, k = 0; i < rows; i++) for (let j = 0; j < columns; j++, k++) out[k] = giou(a, i, b, j);
  return out;
};
