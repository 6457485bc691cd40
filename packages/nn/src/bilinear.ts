import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { hatMatrix } from './hat-matrix.ts';
import { differentiable, withoutTape } from './tape.ts';

/** The size of a map. */
export interface MapSize {
  readonly height: number;
  readonly width: number;
}

/** One pyramid level's map as tokens. */
export interface LevelTokens extends MapSize {
  /** Row-major `[rows, height * width, d]`; a row is one head of one image. */
  readonly tokens: Tensor3D;
}

/** Points and their weights, each `[rows, queries, points]`, one level's after another's. */
export interface WeightedPoints {
  /** Pixels of the point's own level, 0 at the first cell's centre. */
  readonly x: Tensor3D;
  readonly y: Tensor3D;
  readonly weight: Tensor3D;
}

/** Levels ready to be sampled many times. */
export interface SampledLevels {
  readonly levels: readonly LevelTokens[];
  /** All tokens with a border of zeros around each map, without gradient `[rows * cells, d]`. */
  readonly bordered: Tensor2D;
}

const borderedSize = ({ height, width }: MapSize) => (height + 2) * (width + 2);

/** Puts a border of zeros around each level's map, once for all that sample them. */
export const sampledLevels = (levels: readonly LevelTokens[]): SampledLevels => ({
  levels,
  bordered: withoutTape(() => {
    const [rows, , d] = (levels[0] as LevelTokens).tokens.shape;
    const flat = levels.map((level) => {
      const map = tf.reshape(level.tokens, [rows, level.height, level.width, d]) as tf.Tensor4D;
      const pads: [number, number][] = [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ];
      return tf.reshape(tf.pad(map, pads), [rows, borderedSize(level), d]);
    });
    return tf.reshape(flat.length === 1 ? (flat[0] as Tensor) : tf.concat(flat, 1), [-1, d]) as Tensor2D;
  }),
});

/** What locates points among the bordered tokens: constants `[1, 1, points]` and `[rows, 1, 1]`. */
const locate = (levels: readonly MapSize[], counts: readonly number[], rows: number, points: WeightedPoints) => {
  const perPoint = (of: (level: MapSize, index: number) => number) => {
    const data = levels.flatMap((level, l) => Array.from({ length: counts[l] as number }, () => of(level, l)));
    return tf.tensor3d(data, [1, 1, data.length]);
  };
  const starts = levels.map((_, l) => levels.slice(0, l).reduce((sum, level) => sum + borderedSize(level), 0));
  const total = levels.reduce((sum, level) => sum + borderedSize(level), 0);
  const first = tf.tensor3d(
    Array.from({ length: rows }, (_, row) => row * total),
    [rows, 1, 1],
  );
  /** Both neighbours' places along an axis, in bordered cells; whatever lies outside falls on the border. */
  const neighbours = (low: Tensor, last: Tensor) =>
    // A minimum takes three times as long as these three.
    [1, 2].map((shift) => tf.sub(last, tf.relu(tf.sub(last, tf.relu(tf.add(low, shift)))))) as [Tensor, Tensor];
  const [lowX, lowY] = [tf.floor(points.x), tf.floor(points.y)];
  const [left, right] = neighbours(
    lowX,
    perPoint(({ width }) => width + 1),
  );
  const [top, bottom] = neighbours(
    lowY,
    perPoint(({ height }) => height + 1),
  );
  const stride = perPoint(({ width }) => width + 2);
  const origin = tf.add(
    perPoint((_, l) => starts[l] as number),
    first,
  );
  const [upper, lower] = [tf.add(tf.mul(top, stride), origin), tf.add(tf.mul(bottom, stride), origin)];
  const places = tf.concat([tf.add(upper, left), tf.add(upper, right), tf.add(lower, left), tf.add(lower, right)], 2);
  // A NaN must come out as a NaN, by its weight, not as an index that does not exist.
  const safe = tf.where(tf.equal(places, places), places, tf.zerosLike(places));
  return {
    /** Corner by corner: upper left, upper right, lower left, lower right `[rows * queries * 4 * points]`. */
    index: tf.reshape(tf.cast(safe, 'int32'), [-1]) as Tensor1D,
    partX: tf.sub(points.x, lowX) as Tensor3D,
    partY: tf.sub(points.y, lowY) as Tensor3D,
  };
};

/** The shares of the four corners `[rows, queries, 4 * points]`. */
const cornerShares = (weight: Tensor, partX: Tensor, partY: Tensor): Tensor => {
  const lower = tf.mul(weight, partY);
  const upper = tf.sub(weight, lower);
  const lowerRight = tf.mul(lower, partX);
  const upperRight = tf.mul(upper, partX);
  return tf.concat([tf.sub(upper, upperRight), upperRight, tf.sub(lower, lowerRight), lowerRight], 2);
};

/**
 * Sum over points of weight times the bilinear sample of the point's level, zero outside, `[rows, queries, d]`
 * (torch's grid_sample with align_corners=false, where pixel = location * size - 0.5).
 *
 * Samples gather four corners. Their gradient by the tokens would be a scatter of repeated indices, whose sum depends on
 * the order of threads; it is a product with {@link hatMatrix} instead, so results do not change with the thread count.
 *
 * @param counts points per level, in order
 */
export const sampleBilinear = (
  { levels, bordered }: SampledLevels,
  counts: readonly number[],
  points: WeightedPoints,
): Tensor3D => {
  const [rows, queries, count] = points.x.shape;
  const d = bordered.shape[1];
  const flat = rows * queries;
  const corners = (index: Tensor1D, tokens: Tensor2D) =>
    tf.reshape(tf.gather(tokens, index), [flat, 4 * count, d]) as Tensor3D;

  return differentiable<Tensor3D>(
    [...levels.map((level) => level.tokens), points.x, points.y, points.weight],
    (save) => {
      const { index, partX, partY } = locate(levels, counts, rows, points);
      save([bordered, index, partX, partY, points.x, points.y, points.weight]);
      const shares = tf.reshape(cornerShares(points.weight, partX, partY), [flat, 1, 4 * count]) as Tensor3D;
      return tf.reshape(tf.matMul(shares, corners(index, bordered)), [rows, queries, d]) as Tensor3D;
    },
    (dy, saved) => {
      const [tokens, index, partX, partY, x, y, weight] = saved as [Tensor2D, Tensor1D, ...Tensor3D[]] as [
        Tensor2D,
        Tensor1D,
        Tensor3D,
        Tensor3D,
        Tensor3D,
        Tensor3D,
        Tensor3D,
      ];
      const flow = tf.matMul(corners(index, tokens), tf.reshape(dy, [flat, d, 1]) as Tensor3D);
      const [upperLeft, upperRight, lowerLeft, lowerRight] = tf.split(
        tf.reshape(flow, [rows, queries, 4 * count]) as Tensor,
        4,
        2,
      ) as [Tensor, Tensor, Tensor, Tensor];
      const across = tf.sub(upperRight, upperLeft);
      const acrossLower = tf.sub(lowerRight, lowerLeft);
      const upper = tf.add(upperLeft, tf.mul(partX, across));
      const down = tf.sub(tf.add(lowerLeft, tf.mul(partX, acrossLower)), upper);
      const dWeight = tf.add(upper, tf.mul(partY, down));
      const dX = tf.mul(tf.add(across, tf.mul(partY, tf.sub(acrossLower, across))), weight);

      let first = 0;
      const dTokens = levels.map((level, l) => {
        const n = counts[l] as number;
        const cut = (t: Tensor3D) => tf.slice(t, [0, 0, first], [-1, -1, n]) as Tensor3D;
        const matrix = hatMatrix({ x: cut(x), y: cut(y), weight: cut(weight) }, level);
        first += n;
        return tf.matMul(matrix, dy, true, false);
      });
      return [...dTokens, dX, tf.mul(down, weight), dWeight];
    },
  );
};
