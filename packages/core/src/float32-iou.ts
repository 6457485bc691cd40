const { fround, max, min } = Math;

/**
 * IoU of box `i` of `a` and box `j` of `b`, both x1 y1 x2 y2: one entry of `iouMatrix`, float32 at every step, so that a rule that compares
 * an IoU with another, or with a mean of some, sees the same ties as the published code. 0 where the union is 0.
 */
export const float32Iou = (a: Float32Array, i: number, b: Float32Array, j: number): number => {
  const p = 4 * i;
  const q = 4 * j;
  const ax1 = a[p]!;
  const ay1 = a[p + 1]!;
  const ax2 = a[p + 2]!;
  const ay2 = a[p + 3]!;
  const bx1 = b[q]!;
  const by1 = b[q + 1]!;
  const bx2 = b[q + 2]!;
  const by2 = b[q + 3]!;
  const width = max(fround(min(ax2, bx2) - max(ax1, bx1)), 0);
  const height = max(fround(min(ay2, by2) - max(ay1, by1)), 0);
  const inter = fround(width * height);
  const areas = fround(fround(fround(ax2 - ax1) * fround(ay2 - ay1)) + fround(fround(bx2 - bx1) * fround(by2 - by1)));
  const union = fround(areas - inter);
  return union > 0 ? fround(inter / union) : 0;
};
