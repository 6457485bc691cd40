import { countBoxes, type FlatBoxes } from './boxes.ts';

/** Width and height in pixels. */
export type PixelSize = readonly [width: number, height: number];

/** Corners x1 y1 x2 y2 in pixels `[count * 4]` of boxes given as cx cy w h in [0, 1] of an image. */
export const toPixelCorners = (boxes: FlatBoxes, [width, height]: PixelSize): Float32Array => {
  const out = new Float32Array(countBoxes(boxes) * 4);
  for (let k = 0; k < out.length; k += 4) {
    const cx = (boxes[k] as number) * width;
    const cy = (boxes[k + 1] as number) * height;
    const halfWidth = ((boxes[k + 2] as number) * width) / 2;
    const halfHeight = ((boxes[k + 3] as number) * height) / 2;
    out[k] = cx - halfWidth;
    out[k + 1] = cy - halfHeight;
    out[k + 2] = cx + halfWidth;
    out[k + 3] = cy + halfHeight;
  }
  return out;
};

/** Boxes cx cy w h in [0, 1] of an image `[count * 4]` from corners x1 y1 x2 y2 in its pixels. */
export const fromPixelCorners = (corners: FlatBoxes, [width, height]: PixelSize): Float32Array => {
  const out = new Float32Array(countBoxes(corners) * 4);
  for (let k = 0; k < out.length; k += 4) {
    const x1 = (corners[k] as number) / width;
    const y1 = (corners[k + 1] as number) / height;
    const x2 = (corners[k + 2] as number) / width;
    const y2 = (corners[k + 3] as number) / height;
    out[k] = (x1 + x2) / 2;
    out[k + 1] = (y1 + y2) / 2;
    out[k + 2] = x2 - x1;
    out[k + 3] = y2 - y1;
  }
  return out;
};
