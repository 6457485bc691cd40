import { batchNorm, conv2d, parametersOf, resizeBilinear } from '@detrain/nn';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Backbone } from './backbone.ts';
import { spatialTuning } from './spatial-tuning.ts';
import { visionTransformer } from './vit.ts';
import { type VitName, vitVariants } from './vit-variants.ts';

/** Options of {@link dinov3}. */
export interface Dinov3Options {
  readonly variant: VitName;
  /** The three layers, 0 to 11, whose tokens become the maps of strides 8, 16 and 32. */
  readonly layers: readonly [number, number, number];
  /** Channels of the adapter's stem. */
  readonly adapter: number;
  /** Channels of the maps. Default the transformer's. */
  readonly hidden?: number;
  /** The adapter's batch norms folded into its convolutions. Default false. */
  readonly deployed?: boolean;
  /** Default `backbone`. */
  readonly name?: string;
}

const STRIDES = [8, 16, 32] as const;

/**
 * DEIMv2's backbone on a vision transformer (Huang et al. 2025): tokens of three layers, resized to three scales, each joined
 * with the adapter's detail and mixed by a 1x1 convolution. It wants images normalised by mean and deviation.
 *
 * @throws when a side of the images is no multiple of 32.
 */
export const dinov3 = (options: Dinov3Options): Backbone => {
  const { variant, layers, adapter, deployed = false, name = 'backbone' } = options;
  const { dim, released } = vitVariants[variant];
  const { hidden = dim } = options;
  const transformer = visionTransformer(released ? `${name}.dinov3` : `${name}.dinov3._model`, { variant, layers });
  const detail = spatialTuning(`${name}.sta`, { width: adapter, deployed });
  const mixes = [2, 4, 4].map((times, i) =>
    conv2d(`${name}.convs.${i}`, { in: dim + times * adapter, out: hidden, kernel: 1, bias: false }),
  );
  const norms = mixes.map((_, i) => batchNorm(`${name}.norms.${i}`, { channels: hidden }));
  return {
    channels: STRIDES.map(() => hidden),
    strides: STRIDES,
    parameters: parametersOf(transformer, detail, ...mixes, ...norms),
    forward: (images, pass) => {
      const [, height, width] = images.shape;
      if (height % 32 !== 0 || width % 32 !== 0)
        throw new Error(
          `@detrain/models: ${variant} was given images of ${height} x ${width}. Sides that are multiples of 32 are wanted. Resize or pad them.`,
        );
      const meaning = transformer.forward(images, pass);
      const details = detail.forward(images, pass);
      return STRIDES.map((stride, i) => {
        const scaled = resizeBilinear(meaning[i] as Tensor4D, [height / stride, width / stride]);
        const joined = tf.concat([scaled, details[i] as Tensor4D], 3);
        const mixed = (mixes[i] as (typeof mixes)[number]).forward(joined, pass);
        return (norms[i] as (typeof norms)[number]).forward(mixed, pass);
      });
    },
  };
};
