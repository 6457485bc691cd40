import type { Tensor, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { MapSize } from './bilinear.ts';

/** Options of {@link roiWeights}. */
export interface RoiAlignOptions {
  /** The map that is pooled. */
  readonly map: MapSize;
  /** What a region becomes, 7 x 7 in Fast R-CNN. */
  readonly output: MapSize;
  /** Map cells a pixel: 1 / stride. */
  readonly scale: number;
  /** Samples a bin along each axis; 0: as many as cover the region. Default 0. */
  readonly samples?: number;
  /** Whether a cell's centre is at half a cell; false is the first RoIAlign's convention, half a cell off. Default true. */
  readonly aligned?: boolean;
}

/** Regions as matrices over the map's rows and columns. */
export interface RoiWeights {
  /** `[regions, output height, map height]`, flat. */
  readonly rows: Float32Array;
  /** `[regions, output width, map width]`, flat. */
  readonly columns: Float32Array;
}

/** Adds the shares that the bins of one region have in the cells along an axis. */
const addShares = (
  out: Float32Array,
  at: number,
  [low, high]: readonly [number, number],
  { bins, cells, samples, aligned }: { bins: number; cells: number; samples: number; aligned: boolean },
): void => {
  const length = aligned ? Math.fround(high - low) : Math.max(Math.fround(high - low), 1);
  const bin = Math.fround(length / bins);
  const count = samples > 0 ? samples : Math.ceil(bin);
  for (let b = 0; b < bins; b++)
    for (let s = 0; s < count; s++) {
      const place = Math.fround(low + Math.fround(b * bin) + Math.fround(((s + 0.5) * bin) / count));
      // Up to a cell outside the map counts as its edge, what is farther away as nothing.
      if (!(place >= -1 && place <= cells)) continue;
      const inside = Math.min(Math.max(place, 0), cells - 1);
      const cell = Math.min(Math.floor(inside), cells - 1);
      const next = Math.min(cell + 1, cells - 1);
      const share = inside - cell;
      const to = at + b * cells;
      out[to + cell] = out[to + cell]! + (1 - share) / count;
      out[to + next] = out[to + next]! + share / count;
    }
};

/**
 * What RoIAlign (He et al. 2017, Mask R-CNN, section 3) weighs a map's rows and columns by. Samples lie on a grid, so that the weight of
 * a cell is a product of the two, and pooling is two matrix products. Regions without area give zeros.
 *
 * @param regions x1 y1 x2 y2 in pixels `[regions * 4]`
 */
export const roiWeights = (
  regions: ArrayLike<number>,
  { map, output, scale, samples = 0, aligned = true }: RoiAlignOptions,
): RoiWeights => {
  const count = regions.length / 4;
  const rows = new Float32Array(count * output.height * map.height);
  const columns = new Float32Array(count * output.width * map.width);
  const shift = aligned ? 0.5 : 0;
  const onMap = (pixel: number) => Math.fround(Math.fround(pixel * scale) - shift);
  for (let r = 0; r < count; r++) {
    const [x1, y1, x2, y2] = [0, 1, 2, 3].map((e) => onMap(regions[4 * r + e]!)) as [number, number, number, number];
    const across = { bins: output.width, cells: map.width, samples, aligned };
    const down = { bins: output.height, cells: map.height, samples, aligned };
    addShares(columns, r * output.width * map.width, [x1, x2], across);
    addShares(rows, r * output.height * map.height, [y1, y2], down);
  }
  return { rows, columns };
};

/**
 * Pools regions of maps, with a gradient by the map. Two matrix products: no gather or scatter, so that results do not depend on the
 * number of threads.
 *
 * @param map `[batch, height, width, channels]`
 * @param rows {@link roiWeights} of each image's regions `[batch, regions, output height, height]`
 * @param columns `[batch, regions, output width, width]`
 * @returns `[batch, regions, output height, output width, channels]`
 */
export const roiAlign = (map: Tensor4D, rows: Tensor4D, columns: Tensor4D): Tensor5D => {
  const [batch, height, width, channels] = map.shape;
  const [, regions, down] = rows.shape;
  const across = columns.shape[2];
  const lines = tf.matMul(
    tf.reshape(rows, [batch, regions * down, height]),
    tf.reshape(map, [batch, height, width * channels]),
  );
  // Columns first in memory for the second product, region by region.
  const upright = tf.transpose(tf.reshape(lines, [batch * regions, down, width, channels]), [0, 2, 1, 3]);
  const pooled = tf.matMul(
    tf.reshape(columns, [batch * regions, across, width]),
    tf.reshape(upright, [batch * regions, width, down * channels]),
  );
  const bins: Tensor = tf.transpose(tf.reshape(pooled, [batch * regions, across, down, channels]), [0, 2, 1, 3]);
  return tf.reshape(bins, [batch, regions, down, across, channels]) as Tensor5D;
};
