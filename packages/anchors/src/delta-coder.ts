import { countBoxes, fail, type PixelSize } from '@detrain/core';

const { abs, exp, fround, log, max, min } = Math;

/** Options of `deltaCoder`. */
export interface DeltaCoderOptions {
  /** Subtracted from dx dy dw dh before they are divided by `stds`. Default: zeros. */
  readonly means?: readonly number[];
  /** Default: ones (RPN); ATSS, RetinaNet and R-CNN heads use `[0.1, 0.1, 0.2, 0.2]`. */
  readonly stds?: readonly number[];
  /** Decoded sizes stay within this factor of the anchor's, and its inverse. Default: 16 / 1000. */
  readonly ratioClip?: number;
  /** Sizes below this many pixels are encoded as this many. Default: 1e-6; 0 gives the published code's minus infinity. */
  readonly smallestSize?: number;
}

/** Turns boxes into offsets from anchors and back; all boxes are x1 y1 x2 y2 in pixels. */
export interface DeltaCoder {
  /** dx dy dw dh `[count * 4]` of boxes seen from their anchors. Throws where their numbers differ. */
  encode(anchors: Float32Array, boxes: Float32Array): Float32Array;
  /**
   * Boxes `[count * classes * 4]` from offsets `[count * classes * 4]`, clipped to an image where one is given.
   * Throws where the offsets are no multiple of the anchors.
   */
  decode(anchors: Float32Array, deltas: Float32Array, imageSize?: PixelSize): Float32Array;
}

/** The coder of R-CNN (Girshick et al. 2014, appendix C): centre offsets in anchor sizes, logarithms of size ratios. */
export const deltaCoder = ({
  means = [0, 0, 0, 0],
  stds = [1, 1, 1, 1],
  ratioClip = 16 / 1000,
  smallestSize = 1e-6,
}: DeltaCoderOptions = {}): DeltaCoder => {
  const mean = Float32Array.from(means);
  const std = Float32Array.from(stds);
  const most = fround(abs(log(ratioClip)));
  return {
    encode: (anchors, boxes) => {
      if (anchors.length !== boxes.length)
        fail(
          'anchors',
          `${countBoxes(boxes)} boxes for ${countBoxes(anchors)} anchors`,
          'Equally many are wanted',
          'Pair every anchor with its box',
        );
      const count = countBoxes(anchors);
      const out = new Float32Array(4 * count);
      for (let box = 0; box < count; box++)
        for (let axis = 0; axis < 2; axis++) {
          const low = 4 * box + axis;
          const high = low + 2;
          const size = max(fround((anchors[high] as number) - (anchors[low] as number)), smallestSize);
          const wanted = max(fround((boxes[high] as number) - (boxes[low] as number)), smallestSize);
          const centre = fround((anchors[low] as number) + (anchors[high] as number)) * 0.5;
          const target = fround((boxes[low] as number) + (boxes[high] as number)) * 0.5;
          const shift = fround(fround(target - centre) / size);
          const growth = fround(log(fround(wanted / size)));
          out[low] = fround(shift - (mean[axis] as number)) / (std[axis] as number);
          out[high] = fround(growth - (mean[axis + 2] as number)) / (std[axis + 2] as number);
        }
      return out;
    },
    decode: (anchors, deltas, imageSize) => {
      const count = countBoxes(anchors);
      const classes = count === 0 ? 0 : countBoxes(deltas) / count;
      if (!Number.isInteger(classes) || (count === 0 && deltas.length > 0))
        fail(
          'anchors',
          `${deltas.length} offsets for ${count} anchors`,
          'A multiple of 4 numbers an anchor is wanted',
          'Pass [count * classes * 4] offsets',
        );
      const out = new Float32Array(deltas.length);
      for (let box = 0; box < count * classes; box++)
        for (let axis = 0; axis < 2; axis++) {
          const low = 4 * box + axis;
          const anchor = 4 * Math.floor(box / classes) + axis;
          const first = anchors[anchor] as number;
          const last = anchors[anchor + 2] as number;
          const size = fround(last - first);
          const shift = fround((deltas[low] as number) * (std[axis] as number)) + (mean[axis] as number);
          const growth = fround((deltas[low + 2] as number) * (std[axis + 2] as number)) + (mean[axis + 2] as number);
          const centre = fround(fround(first + last) * 0.5 + fround(size * fround(shift)));
          const half = fround(size * fround(exp(min(max(fround(growth), -most), most)))) * 0.5;
          out[low] = centre - half;
          out[low + 2] = centre + half;
        }
      if (imageSize) clip(out, imageSize);
      return out;
    },
  };
};

/** Clips corners x1 y1 x2 y2 to an image, in place. */
export const clip = (corners: Float32Array, imageSize: PixelSize): void => {
  for (let k = 0; k < corners.length; k++)
    corners[k] = min(max(corners[k] as number, 0), imageSize[k % 2 === 0 ? 0 : 1]);
};
