import { countBoxes } from '@detrain/core';

const { floor, fround, log2, max, min, sqrt } = Math;

/** Options of `regionLevels`. */
export interface RegionLevelsOptions {
  /** Levels of the pyramid that regions are pooled from. Default: 4. */
  readonly levels?: number;
  /**
   * Regions below twice this size, the root of their area in pixels, are pooled from the finest level: 14 of its strides. Default: 112
   * (Co-Deformable-DETR, stride 8); 56 for a stride of 4.
   */
  readonly finest?: number;
}

/** The pyramid level that each region x1 y1 x2 y2 in pixels is pooled from `[count]`: one coarser each time its size doubles (FPN, equation 1). */
export const regionLevels = (
  regions: Float32Array,
  { levels = 4, finest = 112 }: RegionLevelsOptions = {},
): Int32Array =>
  Int32Array.from({ length: countBoxes(regions) }, (_, i) => {
    const width = fround(regions[4 * i + 2]! - regions[4 * i]!);
    const height = fround(regions[4 * i + 3]! - regions[4 * i + 1]!);
    const size = fround(sqrt(fround(width * height)));
    return min(max(floor(log2(fround(fround(size / finest) + 1e-6))), 0), levels - 1);
  });
