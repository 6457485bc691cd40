/**
 * IoU of detection `d` and object `g`, both x y w h; of a crowd, the share of the detection inside it (COCO's `bbIou`).
 * 0 where they do not touch.
 */
export const overlap = (dt: Float64Array, d: number, gt: Float64Array, g: number, crowd: boolean): number => {
  const p = 4 * d;
  const q = 4 * g;
  const dx = dt[p]!;
  const dy = dt[p + 1]!;
  const dw = dt[p + 2]!;
  const dh = dt[p + 3]!;
  const gx = gt[q]!;
  const gy = gt[q + 1]!;
  const gw = gt[q + 2]!;
  const gh = gt[q + 3]!;
  const width = Math.min(dw + dx, gw + gx) - Math.max(dx, gx);
  if (!(width > 0)) return 0;
  const height = Math.min(dh + dy, gh + gy) - Math.max(dy, gy);
  if (!(height > 0)) return 0;
  const inter = width * height;
  return inter / (crowd ? dw * dh : dw * dh + gw * gh - inter);
};
