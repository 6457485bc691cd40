import type { Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { withoutTape } from './tape.ts';

/**
 * Coordinates of RT-DETRv2's discrete sampling, in pixels, without gradient: the location in cells rounded, as the published
 * code has it (half a cell beyond the one the location lies in), and the nearest cell where that is outside. Bilinear
 * sampling there takes that cell alone.
 *
 * @param pixels 0 at the first cell's centre `[rows, queries, points]`
 * @param last each point's largest coordinate `[points]`
 */
export const discreteCells = (pixels: Tensor3D, last: readonly number[]): Tensor3D =>
  withoutTape(() => {
    const limits = tf.tensor3d([...last], [1, 1, last.length]);
    return tf.minimum(tf.maximum(tf.floor(tf.add(pixels, 1)), 0), limits) as Tensor3D;
  });
