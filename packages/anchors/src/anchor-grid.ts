import { checkSizes, type LevelSize } from './level-sizes.ts';

const { fround, sqrt } = Math;

/** Options of `anchorGrid`. */
export interface AnchorGridOptions {
  /** Pixels from one location to the next, finest level first. */
  readonly strides: readonly number[];
  /** Sides of the anchors at one location, in strides. Default: `[8]` (ATSS). */
  readonly scales?: readonly number[];
  /** Height over width; an anchor for each, ratio by ratio. Default: `[1]`. */
  readonly ratios?: readonly number[];
  /** Where the centres are within a cell, in strides: 0 its corner (mmdetection), 0.5 its middle. Default: 0. */
  readonly offset?: number;
}

/** Boxes of all levels, one after another. */
export interface AnchorSet {
  /** x1 y1 x2 y2 in pixels `[count * 4]`: level by level, row by row, all anchors of a location together. */
  readonly boxes: Float32Array;
  /** Boxes a level. */
  readonly levels: readonly number[];
}

/** The anchors of a feature pyramid. */
export interface AnchorGrid {
  readonly strides: readonly number[];
  /** Anchors at one location: anchor `i` belongs to location `floor(i / perLocation)`. */
  readonly perLocation: number;
  /** The anchors of a level's first location, x1 y1 x2 y2 in pixels `[perLocation * 4]`. */
  base(level: number): Float32Array;
  /** The anchors of feature maps of these sizes. Throws where there is not one a stride. */
  generate(sizes: readonly LevelSize[]): AnchorSet;
}

/** Scales of an octave: `base * 2 ** (i / count)` for i below `count` (RetinaNet, section 4). */
export const octaveScales = (base: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => base * 2 ** (i / count));

/**
 * Anchors of equal area a scale, at every location of a feature pyramid, in float32 as mmdetection makes them.
 *
 * ATSS: `{ strides }`; RPN and RetinaNet: `{ strides, scales: octaveScales(4, 3), ratios: [0.5, 1, 2] }`.
 */
export const anchorGrid = ({ strides, scales = [8], ratios = [1], offset = 0 }: AnchorGridOptions): AnchorGrid => {
  const perLocation = scales.length * ratios.length;
  const bases = strides.map((stride) => baseAnchors(stride, scales, ratios, offset * stride));
  return {
    strides,
    perLocation,
    base: (level) => (bases[level] as Float32Array).slice(),
    generate: (sizes) => {
      checkSizes(sizes, strides);
      const levels = sizes.map(([height, width]) => height * width * perLocation);
      const boxes = new Float32Array(4 * levels.reduce((sum, count) => sum + count, 0));
      let at = 0;
      sizes.forEach(([height, width], level) => {
        const base = bases[level] as Float32Array;
        const stride = strides[level] as number;
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++)
            for (let k = 0; k < base.length; k += 2) {
              boxes[at++] = (base[k] as number) + x * stride;
              boxes[at++] = (base[k + 1] as number) + y * stride;
            }
      });
      return { boxes, levels };
    },
  };
};

const baseAnchors = (
  stride: number,
  scales: readonly number[],
  ratios: readonly number[],
  centre: number,
): Float32Array => {
  const corners: number[] = [];
  for (const ratio of ratios) {
    const tall = fround(sqrt(fround(ratio)));
    const wide = fround(1 / tall);
    for (const scale of scales) {
      const width = fround(fround(stride * wide) * fround(scale));
      const height = fround(fround(stride * tall) * fround(scale));
      corners.push(centre - width / 2, centre - height / 2, centre + width / 2, centre + height / 2);
    }
  }
  return Float32Array.from(corners);
};
