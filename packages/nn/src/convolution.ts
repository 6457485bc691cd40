import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type Initialiser, torchBias, torchDefault } from './initialisers.ts';
import { type Module, parameter } from './module.ts';

/** Zero padding: the same on all sides, or `[top, bottom, left, right]`. */
export type Padding = number | readonly [top: number, bottom: number, left: number, right: number];

type Explicit = [[number, number], [number, number], [number, number], [number, number]];

/** tfjs's form of a padding in NHWC. */
export const explicitPadding = (padding: Padding): 'valid' | Explicit => {
  if (padding === 0) return 'valid';
  const [top, bottom, left, right] = typeof padding === 'number' ? [padding, padding, padding, padding] : padding;
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
};

/** A map with zeros around it `[batch, height + top + bottom, width + left + right, channels]`. */
export const padMap = (x: Tensor4D, padding: Padding): Tensor4D => {
  const pads = explicitPadding(padding);
  return pads === 'valid' ? x : tf.pad4d(x, pads);
};

/** Options of {@link conv2d}. */
export interface ConvolutionOptions {
  readonly in: number;
  readonly out: number;
  readonly kernel: number;
  /** Default 1. */
  readonly stride?: number;
  /** Default 0. */
  readonly padding?: Padding;
  /** 1 (default) or, for depthwise convolutions, the number of channels. */
  readonly groups?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** Default PyTorch's. */
  readonly weightInit?: Initialiser;
}

/**
 * A convolution of NHWC maps whose weight is stored as PyTorch has it, `[out, in / groups, k, k]`.
 *
 * @throws when groups is neither 1 nor the number of channels in and out.
 */
export const conv2d = (name: string, options: ConvolutionOptions): Module<Tensor4D, Tensor4D> => {
  const { in: inputs, out, kernel, stride = 1, padding = 0, groups = 1, bias = true } = options;
  const depthwise = groups > 1;
  if (depthwise && (groups !== inputs || groups !== out))
    throw new Error(
      `@detrain/nn: ${name} has ${groups} groups for ${inputs} to ${out} channels. Only dense and depthwise convolutions exist. Use groups 1 or ${inputs}.`,
    );
  const pads = explicitPadding(padding);
  const weight = parameter(
    `${name}.weight`,
    [out, inputs / groups, kernel, kernel],
    options.weightInit ?? torchDefault,
  );
  const shift = parameter(`${name}.bias`, [out], torchBias((inputs / groups) * kernel * kernel));
  return {
    parameters: bias ? [weight, shift] : [weight],
    forward: (x, pass) => {
      const stored = pass.parameter(weight.name) as Tensor4D;
      const y = depthwise
        ? tf.depthwiseConv2d(x, tf.transpose(stored, [2, 3, 0, 1]), stride, pads)
        : tf.conv2d(x, tf.transpose(stored, [2, 3, 1, 0]), stride, pads);
      return bias ? tf.add(y, pass.parameter(shift.name) as Tensor1D) : y;
    },
  };
};
