import { gelu, type Module, parametersOf } from '@detrain/nn';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { convNorm } from './conv-norm.ts';

/** Options of {@link spatialTuning}. */
export interface SpatialTuningOptions {
  /** Channels of the stem; the maps have 2, 4 and 4 times as many. */
  readonly width: number;
  /** Batch norms folded into convolutions. Default false. */
  readonly deployed?: boolean;
}

/** 3 x 3 windows at every second pixel, one pixel beyond each border; what lies there never is the largest. */
const maxPool = (x: Tensor4D): Tensor4D =>
  tf.maxPool(
    x,
    3,
    2,
    [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ],
    'floor',
  );

/**
 * The convolutions of DEIMv2's spatial tuning adapter: images to fine detail at strides 8, 16 and 32, which a vision
 * transformer's single scale lacks (Huang et al. 2025, section 3.1).
 */
export const spatialTuning = (
  name: string,
  { width, deployed = false }: SpatialTuningOptions,
): Module<Tensor4D, readonly Tensor4D[]> => {
  const half = (part: string, inputs: number, out: number, conv = 0) =>
    convNorm(`${name}.${part}`, {
      in: inputs,
      out,
      kernel: 3,
      stride: 2,
      fused: deployed,
      names: { conv: `${conv}`, norm: `${conv + 1}` },
    });
  const stem = half('stem', 3, width);
  const fine = half('conv2', width, 2 * width);
  // The activation before them is entry 0 of the official sequence.
  const middle = half('conv3', 2 * width, 4 * width, 1);
  const coarse = half('conv4', 4 * width, 4 * width, 1);
  return {
    parameters: parametersOf(stem, fine, middle, coarse),
    forward: (images, pass) => {
      const eighth = fine.forward(maxPool(gelu(stem.forward(images, pass))), pass);
      const sixteenth = middle.forward(gelu(eighth), pass);
      return [eighth, sixteenth, coarse.forward(gelu(sixteenth), pass)];
    },
  };
};
