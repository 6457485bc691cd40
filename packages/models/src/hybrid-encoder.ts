import type { Pass } from '@detrain/core/tensors';
import { identity, type Module, parametersOf, positionEmbedding2d, resizeNearest2x, sequential } from '@detrain/nn';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type ConvNormOptions, convNorm } from './conv-norm.ts';
import { cspLayer, elan } from './csp.ts';
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
  /** Transformer layers of each such map. Default 1. */
  readonly attentionLayers?: number;
  /**
   * `dfine` (default): ELAN blocks, lateral convolutions without activation, separable downsampling; `rtdetr`: CSP layers,
   * activations after laterals, dense downsampling.
   */
  readonly generation?: 'dfine' | 'rtdetr';
  /** Default concat (RT-DETR, D-FINE, DEIM); DEIMv2 adds. */
  readonly fuse?: 'concat' | 'sum';
  /** Default false; DEIMv2 splits. */
  readonly splitCsp?: boolean;
  /** Default true; DEIMv2's larger sizes leave the convolution out. */
  readonly convAfterCsp?: boolean;
  /** Maps that already have the hidden width enter as they are (DEIMv2). Default false. */
  readonly skipEqualProjections?: boolean;
  /** RT-DETR's first version calls the parts of these projections by number. Default false. */
  readonly numberedProjections?: boolean;
  /** Position embeddings of maps that are not square. Default `grid`; `official` repeats the published order. */
  readonly positionEmbedding?: 'grid' | 'official';
  /** Batch norms and RepVGG branches folded into convolutions. Default false. */
  readonly deployed?: boolean;
  /** Default `encoder`. */
  readonly name?: string;
}

/**
 * Hybrid encoder of RT-DETR, D-FINE, DEIM and DEIMv2: a transformer layer on the coarsest map, then a top-down and a
 * bottom-up path of fusion blocks (RT-DETR section 4.2).
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
    attentionLayers = 1,
    generation = 'dfine',
    fuse = 'concat',
    name = 'encoder',
  } = options;
  const {
    splitCsp = false,
    convAfterCsp = true,
    skipEqualProjections = false,
    numberedProjections = false,
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
      : unit(`${name}.input_proj.${l}`, {
          in: from,
          out: hidden,
          ...(numberedProjections ? { names: { conv: '0', norm: '1' } } : {}),
        }),
  );
  const attention = attendTo.map((_, k) =>
    Array.from({ length: attentionLayers }, (_, j) =>
      encoderLayer(`${name}.encoder.${k}.layers.${j}`, { dim: hidden, heads, feedForward }),
    ),
  );
  const fusionOf = (at: string) => {
    const common = {
      ...style,
      in: fuse === 'concat' ? 2 * hidden : hidden,
      out: hidden,
      blocks: roundHalfEven(3 * depth),
    };
    if (generation === 'rtdetr') return cspLayer(at, { ...common, expansion });
    return elan(at, { ...common, hidden: 2 * hidden, branch: Math.floor((expansion * hidden) / 2) });
  };
  const lateralOf = (at: string) =>
    unit(at, { in: hidden, out: hidden, activation: generation === 'rtdetr' ? style.activation : 'none' });
  const downsampleOf = (at: string) => {
    const halving = { in: hidden, out: hidden, kernel: 3, stride: 2 };
    if (generation === 'rtdetr') return unit(at, { ...halving, activation: style.activation });
    return sequential(
      unit(`${at}.0.cv1`, { in: hidden, out: hidden }),
      unit(`${at}.0.cv2`, { ...halving, groups: hidden }),
    );
  };
  const laterals = steps.map((i) => lateralOf(`${name}.lateral_convs.${i}`));
  const downBlocks = steps.map((i) => fusionOf(`${name}.fpn_blocks.${i}`));
  const downsamples = steps.map((i) => downsampleOf(`${name}.downsample_convs.${i}`));
  const upBlocks = steps.map((i) => fusionOf(`${name}.pan_blocks.${i}`));
  const join = (a: Tensor4D, b: Tensor4D) => (fuse === 'concat' ? tf.concat([a, b], 3) : tf.add(a, b)) as Tensor4D;

  const attend = (k: number, map: Tensor4D, pass: Pass) => {
    const [batch, height, width] = map.shape;
    const table = positionEmbedding2d({ height, width, dim: hidden, order: positionEmbedding });
    const positions = tf.tensor3d(table, [1, height * width, hidden]);
    const start = tf.reshape(map, [batch, height * width, hidden]) as Tensor3D;
    const layers = attention[k] as (typeof attention)[number];
    const tokens = layers.reduce((x, layer) => layer.forward({ tokens: x, positions }, pass), start);
    return tf.reshape(tokens, map.shape) as Tensor4D;
  };

  return {
    channels: channels.map(() => hidden),
    strides,
    parameters: parametersOf(
      ...projections,
      ...attention.flat(),
      ...laterals,
      ...downBlocks,
      ...downsamples,
      ...upBlocks,
    ),
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
