import { fail, type Targets } from '@detrain/core';

/** A feature map on the host, as PyTorch has it. */
export interface FeatureMap {
  /** `[channels, height, width]`, flat. */
  readonly data: ArrayLike<number>;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** A map of one number a pixel. */
export interface ScoreMap {
  /** `[height, width]`, flat. */
  readonly data: Float64Array;
  readonly height: number;
  readonly width: number;
}

/** Options of `discriminability`: the size of the image, and where a level's scores are divided by their largest. */
export interface DiscriminabilityOptions {
  readonly height: number;
  readonly width: number;
  /** `level`: before it is resized, as the authors do; `image`: after. */
  readonly normalize?: 'level' | 'image';
}

/** The l2 norm over channels, pixel by pixel. */
const normsOf = ({ data, channels, height, width }: FeatureMap): Float64Array => {
  const pixels = height * width;
  if (data.length !== channels * pixels)
    fail(
      'metrics',
      `a map of ${data.length} numbers`,
      `${channels} x ${height} x ${width} needs ${channels * pixels}`,
      'Pass [channels, height, width]',
    );
  const norms = new Float64Array(pixels);
  for (let c = 0, k = 0; c < channels; c++)
    for (let p = 0; p < pixels; p++, k++) norms[p] = norms[p]! + data[k]! * data[k]!;
  return norms.map(Math.sqrt);
};

/** For each of `to` pixel centres along an axis: the pixels before and after it among `from`, and the weight of the second. */
const neighbours = (from: number, to: number) =>
  Array.from({ length: to }, (_, i) => {
    const at = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const low = Math.min(Math.floor(at), from - 1);
    return { low, high: Math.min(low + 1, from - 1), weight: at - low };
  });

/** Bilinear, pixel centres at halves (`align_corners = False`). */
const resize = (data: Float64Array, from: FeatureMap, height: number, width: number): Float64Array => {
  const rows = neighbours(from.height, height);
  const columns = neighbours(from.width, width);
  const out = new Float64Array(height * width);
  rows.forEach((row, y) => {
    columns.forEach((column, x) => {
      const at = (r: number, c: number) => data[r * from.width + c]!;
      const top = at(row.low, column.low) * (1 - column.weight) + at(row.low, column.high) * column.weight;
      const bottom = at(row.high, column.low) * (1 - column.weight) + at(row.high, column.high) * column.weight;
      out[y * width + x] = top * (1 - row.weight) + bottom * row.weight;
    });
  });
  return out;
};

/** Divided by the largest, in place; all zeros stay. */
const byLargest = (values: Float64Array): Float64Array => {
  const largest = values.reduce((a, b) => Math.max(a, b), 0);
  return largest > 0 ? values.map((value) => value / largest) : values;
};

/**
 * Discriminability score of an image's features, pixel by pixel in [0, 1]: norms over channels, each level divided by its largest,
 * resized to the image, mean over levels (Co-DETR, section 3). Throws without levels, or where a map's size is wrong.
 */
export const discriminability = (
  levels: readonly FeatureMap[],
  { height, width, normalize = 'level' }: DiscriminabilityOptions,
): ScoreMap => {
  if (levels.length === 0) fail('metrics', 'no levels', 'Scores are a mean over levels', 'Pass at least one');
  const data = new Float64Array(height * width);
  for (const level of levels) {
    const norms = normsOf(level);
    const resized =
      normalize === 'level'
        ? resize(byLargest(norms), level, height, width)
        : byLargest(resize(norms, level, height, width));
    for (let p = 0; p < data.length; p++) data[p] = data[p]! + resized[p]! / levels.length;
  }
  return { data, height, width };
};

/** 1 where a pixel's centre lies in an object's box `[height, width]`, left and top edges included. */
export const foregroundOf = ({ boxes }: Targets, height: number, width: number): Uint8Array => {
  const mask = new Uint8Array(height * width);
  for (let k = 0; k < boxes.length; k += 4) {
    const [cx, cy, w, h] = boxes.subarray(k, k + 4) as unknown as [number, number, number, number];
    const first = (low: number, size: number) => Math.max(0, Math.ceil(low * size - 0.5));
    const last = (high: number, size: number) => Math.min(size, Math.ceil(high * size - 0.5));
    for (let y = first(cy - h / 2, height); y < last(cy + h / 2, height); y++)
      mask.fill(1, y * width + first(cx - w / 2, width), Math.max(0, y * width + last(cx + w / 2, width)));
  }
  return mask;
};
