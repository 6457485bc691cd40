import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** By what a backbone wants its images normalised, red, green, blue, for images in [0, 1]. */
export interface ImageNormalization {
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** Statistics of ImageNet's images, which most published backbones were trained with. */
export const IMAGENET: ImageNormalization = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

/** (images - mean) / deviation, channel by channel `[batch, height, width, 3]`. */
export const normalizeImages = (images: Tensor4D, { mean, deviation }: ImageNormalization): Tensor4D =>
  tf.div(tf.sub(images, [...mean]), [...deviation]);
