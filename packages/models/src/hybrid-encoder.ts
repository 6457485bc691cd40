import type { Pass } from '@detrain/core/tensors';
import { identity, type Module, parametersOf, positionEmbedding2d, resizeNearest2x, sequential } from '@detrain/nn';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type ConvNormOptions, convNorm } from './conv-norm.ts';
import { elan } from './csp.ts';
import { encoderLayer } from './encoder-layer.ts';
import { roundHalfEven } from './rounding.ts';

/** A neck: backbone maps to pyramid maps of equal width, finest first. */
export interface Encoder extends Module<readonly Tensor4D[], readonly Tensor4D[]> {
  readonly channels: readonly number[];
  readonly strides: readonly number[];
}

/** Options of {@link hybridEncoder}. */
export interface HybridEncoderOptions {
  readonly channels: readonly number[];
  readonly strides: readonly number[];
  readonly hidden: number;
  readonly feedForward: number;
  /** Share of the hidden width in the fusion blocks' branches. */
  readonly expansion: number;
  /** 1 gives three RepVGG blocks a branch. */
  readonly depth: number;
  /** Default 8. */
  readonly heads?: number;
  /** Maps that pass through the transformer layer. Default the last. */
  readonly attendTo?: readonly number[];
  /** Default concat (D-FINE, DEIM); DEIMv2 adds. */
  readonly fuse?: 'concat' | 'sum';
  /** Default false; DEIMv2 splits. */
  readonly splitCsp?: boolean;
  /** Default true; DEIMv2's larger sizes leave the convolution out. */
  readonly convAfterCsp?: boolean;
  /** Maps that already have the hidden width enter as they are (DEIMv2). Default false. */
  readonly skipEqualProjections?: boolean;
  /** Position embeddings of maps that are not square. Default `grid`; `official` repeats the published order. */
  readonly positionEmbedding?: 'grid' | 'official';
  /** Batch norms and RepVGG branches folded into convolutions. Default false. */
  readonly deployed?: boolean;
  /** Default `encoder`. */
  readonly name?: string;
}

/**
 * Hybrid encoder of D-FINE, DEIM and DEIMv2: a transformer layer on the coarsest map, then a top-down and a bottom-up
 * path of ELAN blocks.
 */
export const hybridEncoder = (options: HybridEncoderOptions): Encoder => {
  const {
    channels,
    strides,
    hidden,
    feedForward,
    expansion,
    depth,
    heads = 8,
    fuse = 'concat',
    name = 'encoder',
  } = options;
  const {
    splitCsp = false,
    convAfterCsp = true,
    skipEqualProjections = false,
    positionEmbedding = 'grid',
    deployed = false,
  } = options;
  const count = channels.length;
  const attendTo = options.attendTo ?? [count - 1];
  const style = { activation: 'silu', splitCsp, convAfterCsp, fused: deployed } as const;
  const unit = (at: string, given: ConvNormOptions) => convNorm(at, { ...given, fused: deployed });
  const steps = Array.from({ length: count - 1 }, (_, i) => i);

  const projections = channels.map((from, l) =>
    skipEqualProjections && from === hidden
      ? identity<Tensor4D>()
      : unit(`${name}.input_proj.${l}`, { in: from, out: hidden }),
  );
  const attention = attendTo.map((_, k) =>
    encoderLayer(`${name}.encoder.${k}.layers.0`, { dim: hidden, heads, feedForward }),
  );
  const fusion = (at: string) =>
    elan(at, {
      ...style,
      in: fuse === 'concat' ? 2 * hidden : hidden,
      out: hidden,
      hidden: 2 * hidden,
      branch: Math.floor((expansion * hidden) / 2),
      blocks: roundHalfEven(3 * depth),
    });
  const laterals = steps.map((i) => unit(`${name}.lateral_convs.${i}`, { in: hidden, out: hidden }));
  const downBlocks = steps.map((i) => fusion(`${name}.fpn_blocks.${i}`));
  const downsamples = steps.map((i) =>
    sequential(
      unit(`${name}.downsample_convs.${i}.0.cv1`, { in: hidden, out: hidden }),
      unit(`${name}.downsample_convs.${i}.0.cv2`, {
        in: hidden,
        out: hidden,
        kernel: 3,
        stride: 2,
        groups: hidden,
      }),
    ),
  );
  const upBlocks = steps.map((i) => fusion(`${name}.pan_blocks.${i}`));
  const join = (a: Tensor4D, b: Tensor4D) => (fuse === 'concat' ? tf.concat([a, b], 3) : tf.add(a, b)) as Tensor4D;

  const attend = (k: number, map: Tensor4D, pass: Pass) => {
    const [batch, height, width] = map.shape;
    const table = positionEmbedding2d({ height, width, dim: hidden, order: positionEmbedding });
    const positions = tf.tensor3d(table, [1, height * width, hidden]);
    const tokens = tf.reshape(map, [batch, height * width, hidden]) as Tensor3D;
    const layer = attention[k] as (typeof attention)[number];
    return tf.reshape(layer.forward({ tokens, positions }, pass), map.shape) as Tensor4D;
  };

  return {
    channels: channels.map(() => hidden),
    strides,
    parameters: parametersOf(...projections, ...attention, ...laterals, ...downBlocks, ...downsamples, ...upBlocks),
    forward: (inputs, pass) => {
      const maps = projections.map((projection, l) => projection.forward(inputs[l] as Tensor4D, pass));
      attendTo.forEach((level, k) => {
        maps[level] = attend(k, maps[level] as Tensor4D, pass);
      });
      // Top-down: the lateral convolution's output replaces the coarser map.
      let top = maps[count - 1] as Tensor4D;
      const fused: Tensor4D[] = [];
      for (const i of steps) {
        const lateral = (laterals[i] as (typeof laterals)[number]).forward(top, pass);
        fused.unshift(lateral);
        const lower = maps[count - 2 - i] as Tensor4D;
        top = (downBlocks[i] as (typeof downBlocks)[number]).forward(join(resizeNearest2x(lateral), lower), pass);
      }
      fused.unshift(top);
      const outputs = [top];
      for (const i of steps) {
        const down = (downsamples[i] as (typeof downsamples)[number]).forward(outputs[i] as Tensor4D, pass);
        outputs.push((upBlocks[i] as (typeof upBlocks)[number]).forward(join(down, fused[i + 1] as Tensor4D), pass));
      }
      return outputs;
    },
  };
};
