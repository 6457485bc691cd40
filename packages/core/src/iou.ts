import { countBoxes, type FlatBoxes } from './boxes.ts';

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

type PairMeasure = (a: FlatBoxes, i: number, b: FlatBoxes, j: number) => number;

const matrix = (measure: PairMeasure, a: FlatBoxes, b: FlatBoxes): Float32Array => {
  const rows = countBoxes(a);
  const columns = countBoxes(b);
  const out = new Float32Array(rows * columns);
  for (let i = 0, k = 0; i < rows; i++) for (let j = 0; j < columns; j++, k++) out[k] = measure(a, i, b, j);
  return out;
};

/** IoU of every pair `[a, b]`, row-major, of boxes given as x1 y1 x2 y2. */
export const iouMatrix = (a: FlatBoxes, b: FlatBoxes): Float32Array => matrix(iou, a, b);

/** Generalised IoU of every pair `[a, b]`, row-major, of boxes given as x1 y1 x2 y2. */
export const giouMatrix = (a: FlatBoxes, b: FlatBoxes): Float32Array => matrix(giou, a, b);
