import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './tape.ts';

/** Every cell of a map repeated 2 x 2 `[batch, 2 height, 2 width, channels]`. */
export const resizeNearest2x = (x: Tensor4D): Tensor4D => {
  const [, height, width] = x.shape;
  return differentiable<Tensor4D>(
    [x],
    () => tf.image.resizeNearestNeighbor(x, [2 * height, 2 * width]),
    (dy) => [tf.mul(tf.avgPool(dy, 2, 2, 'valid'), 4)],
  );
};

/** Each of `out` places of an axis of `size` cells as a mix of its two neighbours `[1, out, size]`; outside is the edge. */
const mixing = (size: number, out: number): Tensor3D => {
  const weights = new Float32Array(out * size);
  for (let i = 0; i < out; i++) {
    const at = Math.min(size - 1, Math.max(0, ((i + 0.5) * size) / out - 0.5));
    const low = Math.floor(at);
    weights[i * size + low] = 1 - (at - low);
    if (low + 1 < size) weights[i * size + low + 1] = at - low;
  }
  return tf.tensor3d(weights, [1, out, size]);
};

/** Rows, then columns of a map multiplied by matrices. */
const mix = (x: Tensor4D, rows: Tensor3D, columns: Tensor3D, transpose: boolean): Tensor4D => {
  const [batch, height, width, channels] = x.shape;
  const tall = tf.matMul(rows, tf.reshape(x, [batch, height, width * channels]) as Tensor3D, transpose);
  const outHeight = tall.shape[1] as number;
  const wide = tf.matMul(columns, tf.reshape(tall, [batch * outHeight, width, channels]) as Tensor3D, transpose);
  return tf.reshape(wide, [batch, outHeight, wide.shape[1] as number, channels]) as Tensor4D;
};

/**
 * A map in another size by bilinear interpolation `[batch, height, width, channels]` (torch's with align_corners=false and
 * without antialiasing).
 *
 * Two products with constant matrices: tfjs's own gradient of its bilinear resize takes no account of pixel centres.
 */
export const resizeBilinear = (x: Tensor4D, [height, width]: readonly [number, number]): Tensor4D => {
  const [, rowCount, columnCount] = x.shape;
  if (rowCount === height && columnCount === width) return x;
  return differentiable<Tensor4D>(
    [x],
    (save) => {
      const rows = mixing(rowCount, height);
      const columns = mixing(columnCount, width);
      save([rows, columns]);
      return mix(x, rows, columns, false);
    },
    (dy, [rows, columns]) => [mix(dy, rows as Tensor3D, columns as Tensor3D, true)],
  );
};
