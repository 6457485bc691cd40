import type { AnchorSet } from './anchor-grid.ts';
import { checkSizes, type LevelSize } from './level-sizes.ts';

/** Options of `pointGrid`. */
export interface PointGridOptions {
  /** Pixels from one point to the next, finest level first. */
  readonly strides: readonly number[];
  /** Where the point is within its cell, in strides: 0.5 the middle (FCOS), 0 the corner (YOLOX). Default: 0.5. */
  readonly offset?: number;
}

/** The points of a feature pyramid. */
export interface PointGrid {
  readonly strides: readonly number[];
  /** x y in pixels `[count * 2]` of feature maps of these sizes, with points a level. Throws where there is not one size a stride. */
  generate(sizes: readonly LevelSize[]): { readonly points: Float32Array; readonly levels: readonly number[] };
  /**
   * Squares around the points, x1 y1 x2 y2 in pixels, with sides of so many strides: 1 for assigners that read a point's stride from
   * its box, 8 for the query boxes of FCOS in Co-DETR.
   */
  squares(sizes: readonly LevelSize[], side?: number): AnchorSet;
}

/** One point a location of a feature pyramid (FCOS, section 3.1). */
export const pointGrid = ({ strides, offset = 0.5 }: PointGridOptions): PointGrid => {
  const generate: PointGrid['generate'] = (sizes) => {
    checkSizes(sizes, strides);
    const levels = sizes.map(([height, width]) => height * width);
    const points = new Float32Array(2 * levels.reduce((sum, count) => sum + count, 0));
    let at = 0;
    sizes.forEach(([height, width], level) => {
      const stride = strides[level] as number;
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          points[at++] = (x + offset) * stride;
          points[at++] = (y + offset) * stride;
        }
    });
    return { points, levels };
  };
  return {
    strides,
    generate,
    squares: (sizes, side = 1) => {
      const { points, levels } = generate(sizes);
      const boxes = new Float32Array(2 * points.length);
      let at = 0;
      levels.forEach((count, level) => {
        const half = (side * (strides[level] as number)) / 2;
        for (let i = 0; i < count; i++, at++) {
          const x = points[2 * at] as number;
          const y = points[2 * at + 1] as number;
          boxes.set([x - half, y - half, x + half, y + half], 4 * at);
        }
      });
      return { boxes, levels };
    },
  };
};
