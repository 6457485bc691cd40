import { fail } from './fail.ts';

/** Flat boxes, four numbers each. */
export type FlatBoxes = Float32Array | Float64Array;

/** The number of boxes in a flat array. Throws where the length is no multiple of four. */
export const countBoxes = (boxes: ArrayLike<number>): number => {
  if (boxes.length % 4 !== 0)
    fail(
      'core',
      `boxes have ${boxes.length} numbers`,
      'A flat box array has 4 numbers a box',
      'Pass [count * 4] numbers',
    );
  return boxes.length / 4;
};

/** Corners x1 y1 x2 y2 of boxes given as cx cy w h `[count * 4]`; a negative size counts as 0, as in D-FINE. */
export const cxcywhToXyxy = (boxes: FlatBoxes): Float32Array => {
  const out = new Float32Array(countBoxes(boxes) * 4);
  for (let k = 0; k < out.length; k += 4) {
    const cx = boxes[k] as number;
    const cy = boxes[k + 1] as number;
    const halfWidth = Math.max(boxes[k + 2] as number, 0) / 2;
    const halfHeight = Math.max(boxes[k + 3] as number, 0) / 2;
    out[k] = cx - halfWidth;
    out[k + 1] = cy - halfHeight;
    out[k + 2] = cx + halfWidth;
    out[k + 3] = cy + halfHeight;
  }
  return out;
};

/** Centres and sizes cx cy w h of boxes given as x1 y1 x2 y2 `[count * 4]`. */
export const xyxyToCxcywh = (boxes: FlatBoxes): Float32Array => {
  const out = new Float32Array(countBoxes(boxes) * 4);
  for (let k = 0; k < out.length; k += 4) {
    const x1 = boxes[k] as number;
    const y1 = boxes[k + 1] as number;
    const x2 = boxes[k + 2] as number;
    const y2 = boxes[k + 3] as number;
    out[k] = (x1 + x2) / 2;
    out[k + 1] = (y1 + y2) / 2;
    out[k + 2] = x2 - x1;
    out[k + 3] = y2 - y1;
  }
  return out;
};

/** Areas `[count]` of boxes given as x1 y1 x2 y2 `[count * 4]`, in the square of their unit; float32 at every step, as in torchvision. */
export const area = (boxes: FlatBoxes): Float32Array => {
  const out = new Float32Array(countBoxes(boxes));
  for (let i = 0, k = 0; i < out.length; i++, k += 4)
    out[i] = Math.fround(boxes[k + 2]! - boxes[k]!) * Math.fround(boxes[k + 3]! - boxes[k + 1]!);
  return out;
};
