import {
  type ActivationName,
  activation,
  batchNorm,
  conv2d,
  type Initialiser,
  identity,
  learnableAffine,
  type Module,
  type Padding,
  parametersOf,
} from '@detrain/nn';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/** Options of {@link convNorm}. */
export interface ConvNormOptions {
  readonly in: number;
  readonly out: number;
  /** Default 1. */
  readonly kernel?: number;
  /** Default 1. */
  readonly stride?: number;
  /** Default (kernel - 1) / 2, rounded down. */
  readonly padding?: Padding;
  /** Default 1; the number of channels for depthwise. */
  readonly groups?: number;
  /** Default none. */
  readonly activation?: ActivationName;
  /** Frozen batch norm: constants, no counter. */
  readonly frozenNorm?: boolean;
  /** A learnable affine block after the activation. */
  readonly affine?: boolean;
  readonly weightInit?: Initialiser;
  /** The batch norm is folded into the convolution, which then has a bias (deployed models). Default false. */
  readonly fused?: boolean;
  /** Names of the parts below the module's own. Default conv and norm. */
  readonly names?: { readonly conv: string; readonly norm: string };
}

/** Convolution without bias, batch norm, activation and, where asked for, HGNetv2's learnable affine block. */
export const convNorm = (name: string, options: ConvNormOptions): Module<Tensor4D, Tensor4D> => {
  const {
    kernel = 1,
    stride = 1,
    groups = 1,
    frozenNorm = false,
    fused = false,
    names = { conv: 'conv', norm: 'norm' },
  } = options;
  const conv = conv2d(`${name}.${names.conv}`, {
    in: options.in,
    out: options.out,
    kernel,
    stride,
    groups,
    padding: options.padding ?? Math.floor((kernel - 1) / 2),
    bias: fused,
    ...(options.weightInit ? { weightInit: options.weightInit } : {}),
  });
  const norm = fused
    ? identity<Tensor4D>()
    : batchNorm(`${name}.${names.norm}`, { channels: options.out, frozen: frozenNorm });
  const act = activation(options.activation ?? 'none');
  const affine = options.affine ? learnableAffine(`${name}.lab`) : null;
  return {
    parameters: affine ? parametersOf(conv, norm, affine) : parametersOf(conv, norm),
    forward: (x, pass) => {
      const y = act(norm.forward(conv.forward(x, pass), pass));
      return affine ? (affine.forward(y, pass) as Tensor4D) : y;
    },
  };
};
