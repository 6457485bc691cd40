import { type Module, padMap, parametersOf, resizeNearest2x } from '@detrain/nn';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { convNorm } from './conv-norm.ts';
import { elan } from './csp.ts';
import type { Encoder } from './hybrid-encoder.ts';
import { roundHalfEven } from './rounding.ts';

/** Options of {@link liteEncoder}. */
export interface LiteEncoderOptions {
  /** Channels of the single map that enters. */
  readonly channels: number;
  /** Its stride; a map of twice the stride is added. */
  readonly stride: number;
  readonly hidden: number;
  /** Share of the hidden width in the fusion blocks' branches. */
  readonly expansion: number;
  /** 1 gives three RepVGG blocks a branch. */
  readonly depth: number;
  /** Batch norms and RepVGG branches folded into convolutions. Default false. */
  readonly deployed?: boolean;
  /** Default `encoder`. */
  readonly name?: string;
}

/** Average pool 3x3 of stride 2 whose mean counts the padding, then a pointwise convolution. */
const shrink = (name: string, hidden: number, fused: boolean): Module<Tensor4D, Tensor4D> => {
  const conv = convNorm(name, { in: hidden, out: hidden, activation: 'silu', fused, names: { conv: '1', norm: '2' } });
  return {
    parameters: conv.parameters,
    forward: (x, pass) => conv.forward(tf.avgPool(padMap(x, 1), 3, 2, 'valid'), pass),
  };
};

/** DEIMv2's encoder for Atto, Femto and Pico: one map in, two out, global context instead of attention. */
export const liteEncoder = (options: LiteEncoderOptions): Encoder => {
  const { channels, stride, hidden, expansion, depth, deployed: fused = false, name = 'encoder' } = options;
  const style = { activation: 'silu', splitCsp: true, convAfterCsp: true, fused } as const;
  const block = (at: string) =>
    elan(at, {
      ...style,
      in: hidden,
      out: hidden,
      hidden: 2 * hidden,
      branch: Math.floor((expansion * hidden) / 2),
      blocks: roundHalfEven(3 * depth),
    });
  const projection = convNorm(`${name}.input_proj.0`, { in: channels, out: hidden, fused });
  const down1 = shrink(`${name}.down_sample1`, hidden, fused);
  const down2 = shrink(`${name}.down_sample2`, hidden, fused);
  const context = convNorm(`${name}.bi_fusion.cv`, { in: hidden, out: hidden, activation: 'silu', fused });
  const fine = block(`${name}.fpn_block`);
  const coarse = block(`${name}.pan_block`);
  return {
    channels: [hidden, hidden],
    strides: [stride, 2 * stride],
    parameters: parametersOf(projection, down1, down2, context, fine, coarse),
    forward: ([input], pass) => {
      const projected = projection.forward(input as Tensor4D, pass);
      const small = down1.forward(projected, pass);
      const global = context.forward(tf.add(small, tf.mean(small, [1, 2], true)), pass);
      const first = fine.forward(tf.add(projected, resizeNearest2x(global)), pass);
      return [first, coarse.forward(tf.add(global, down2.forward(first, pass)), pass)];
    },
  };
};
