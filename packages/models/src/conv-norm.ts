import {
  type ActivationName,
  activation,
  batchNorm,
  conv2d,
  type Initialiser,
  lambda,
  learnableAffine,
  type Module,
  type Padding,
  sequential,
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
  const act = options.activation ?? 'none';
  const affine = options.affine ? `${name}.lab` : undefined;
  // What can be one operation with the norm takes fewer passes over the map.
  const within = !fused && (act === 'relu' || act === 'none');
  const norm = batchNorm(`${name}.${names.norm}`, {
    channels: options.out,
    frozen: frozenNorm,
    relu: within && act === 'relu',
    ...(within && affine ? { affine } : {}),
  });
  if (within) return sequential(conv, norm);
  const parts = fused ? [conv] : [conv, norm];
  const block = affine ? [learnableAffine(affine) as Module<Tensor4D, Tensor4D>] : [];
  return sequential(...parts, lambda(activation(act)), ...block);
};
