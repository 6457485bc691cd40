import type { Rng } from '@detrain/core';

/** Gives a tensor of a shape its first value, row-major. */
export type Initialiser = (shape: readonly number[], rng: Rng) => Float32Array;

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Fan-in and fan-out of a PyTorch weight `[out, in, ...kernel]`. */
export const fans = (shape: readonly number[]): { readonly fanIn: number; readonly fanOut: number } => {
  const kernel = sizeOf(shape.slice(2));
  return { fanIn: (shape[1] ?? 1) * kernel, fanOut: (shape[0] ?? 1) * kernel };
};

/** Every element the same value. */
export const constant =
  (value: number): Initialiser =>
  (shape) =>
    new Float32Array(sizeOf(shape)).fill(value);

/** Fixed values, whatever the generator. */
export const values =
  (data: ArrayLike<number>): Initialiser =>
  () =>
    Float32Array.from(data);

/** Uniform in [-bound, bound). */
export const uniform =
  (bound: number): Initialiser =>
  (shape, rng) =>
    Float32Array.from({ length: sizeOf(shape) }, () => rng.uniform(-bound, bound));

/** Normal with mean 0. */
export const normal =
  (std = 1): Initialiser =>
  (shape, rng) =>
    Float32Array.from({ length: sizeOf(shape) }, () => std * rng.normal());

/** PyTorch's default for convolution and linear weights: uniform with bound 1 / sqrt(fan-in). */
export const torchDefault: Initialiser = (shape, rng) => uniform(1 / Math.sqrt(fans(shape).fanIn))(shape, rng);

/** PyTorch's default for the bias that goes with a weight of this fan-in. */
export const torchBias = (fanIn: number): Initialiser => uniform(1 / Math.sqrt(fanIn));

/** Glorot and Bengio's uniform initialisation. */
export const xavierUniform: Initialiser = (shape, rng) => {
  const { fanIn, fanOut } = fans(shape);
  return uniform(Math.sqrt(6 / (fanIn + fanOut)))(shape, rng);
};

/** He's normal initialisation for ReLU, fan-in mode. */
export const kaimingNormal: Initialiser = (shape, rng) => normal(Math.sqrt(2 / fans(shape).fanIn))(shape, rng);

/** The bias that makes a sigmoid start at this probability. */
export const priorBias = (probability = 0.01): Initialiser => constant(-Math.log((1 - probability) / probability));
