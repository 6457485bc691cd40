import { type ActivationName, identity, type Module, parametersOf, sequential } from '@detrain/nn';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { convNorm } from './conv-norm.ts';
import { repVgg } from './rep-vgg.ts';

/** How a fusion block of the pyramid is built. */
export interface FusionStyle {
  readonly activation: ActivationName;
  /** One convolution that is split (DEIMv2) in place of two. */
  readonly splitCsp: boolean;
  /** A 3x3 convolution after each CSP layer (RepNCSPELAN4); without it RepNCSPELAN5. */
  readonly convAfterCsp: boolean;
  /** Default false; see convNorm. */
  readonly fused?: boolean;
}

/** Options of {@link cspLayer}. */
export interface CspOptions extends Pick<FusionStyle, 'activation' | 'splitCsp' | 'fused'> {
  readonly in: number;
  readonly out: number;
  /** RepVGG blocks on the long branch. */
  readonly blocks: number;
  /** Width between, as a share of `out`. Default 1. */
  readonly expansion?: number;
}

/** Cross-stage-partial layer: one branch through RepVGG blocks, one straight, added. */
export const cspLayer = (name: string, options: CspOptions): Module<Tensor4D, Tensor4D> => {
  const { activation, splitCsp, in: inputs, out, blocks, expansion = 1, fused = false } = options;
  const act = { activation, fused };
  const hidden = Math.trunc(out * expansion);
  const enter = convNorm(`${name}.conv1`, { in: inputs, out: splitCsp ? 2 * hidden : hidden, ...act });
  const straight = splitCsp ? null : convNorm(`${name}.conv2`, { in: inputs, out: hidden, ...act });
  const long = sequential(
    ...Array.from({ length: blocks }, (_, n) => repVgg(`${name}.bottlenecks.${n}`, { channels: hidden, ...act })),
  );
  const leave = hidden === out ? identity<Tensor4D>() : convNorm(`${name}.conv3`, { in: hidden, out, ...act });
  return {
    parameters: parametersOf(enter, ...(straight ? [straight] : []), long, leave),
    forward: (x, pass) => {
      const entered = enter.forward(x, pass);
      const [a, b] = straight
        ? [straight.forward(x, pass), entered]
        : (tf.split(entered, 2, 3) as [Tensor4D, Tensor4D]);
      return leave.forward(tf.add(a, long.forward(b, pass)), pass);
    },
  };
};

/** Options of {@link elan}. */
export interface ElanOptions extends FusionStyle {
  readonly in: number;
  readonly out: number;
  /** Width of the entry, split into two halves. */
  readonly hidden: number;
  /** Width of the CSP branches. */
  readonly branch: number;
  readonly blocks: number;
}

/** Layer aggregation of D-FINE: the entry's halves and two CSP stages, concatenated (RepNCSPELAN4 and DEIMv2's 5). */
export const elan = (name: string, options: ElanOptions): Module<Tensor4D, Tensor4D> => {
  const { in: inputs, out, hidden, branch, blocks, activation, splitCsp, convAfterCsp, fused = false } = options;
  const act = { activation, fused };
  const stage = (at: string, from: number) => {
    const csp = cspLayer(`${at}.0`, { in: from, out: branch, blocks, splitCsp, ...act });
    if (!convAfterCsp) return csp;
    return sequential(csp, convNorm(`${at}.1`, { in: branch, out: branch, kernel: 3, ...act }));
  };
  const enter = convNorm(`${name}.cv1`, { in: inputs, out: hidden, ...act });
  const first = stage(`${name}.cv2`, Math.floor(hidden / 2));
  const second = stage(`${name}.cv3`, branch);
  const leave = convNorm(`${name}.cv4`, { in: hidden + 2 * branch, out, ...act });
  return {
    parameters: parametersOf(enter, first, second, leave),
    forward: (x, pass) => {
      const entered = enter.forward(x, pass);
      const half = tf.slice(entered, [0, 0, 0, Math.floor(hidden / 2)], [-1, -1, -1, -1]) as Tensor4D;
      const a = first.forward(half, pass);
      const b = second.forward(a, pass);
      return leave.forward(tf.concat([entered, a, b], 3), pass);
    },
  };
};
