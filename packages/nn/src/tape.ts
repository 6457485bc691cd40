import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Runs a function whose results are constants for differentiation.
 *
 * The tape records nothing while a kernel runs, so this raises the engine's kernel depth. No tape entry is made, which
 * keeps compiled graphs free of gradients that are multiplied by zero.
 */
export const withoutTape = <T>(compute: () => T): T => {
  const { state } = tf.engine() as unknown as { state: { kernelDepth: number } };
  state.kernelDepth++;
  try {
    return compute();
  } finally {
    state.kernelDepth--;
  }
};

/** The same values, without gradient and without tape entry. */
export const stopGradient = <T extends Tensor>(x: T): T => withoutTape(() => tf.clone(x));

/** Keeps tensors for the gradient function. */
export type Save = (tensors: Tensor[]) => void;

/**
 * An operation with a gradient of its own: one tape entry, however many kernels it runs.
 *
 * @param inputs what the operation is differentiated by, in the order of the gradients
 * @param forward computes the value, never one of the inputs themselves, and saves what the gradient needs
 * @param gradient one gradient per input
 */
export const differentiable = <T extends Tensor>(
  inputs: readonly Tensor[],
  forward: (save: Save) => T,
  gradient: (dy: T, saved: Tensor[]) => Tensor[],
): T =>
  tf.customGrad<T>((...args) => ({
    value: forward(args[args.length - 1] as unknown as Save),
    gradFunc: gradient as (dy: T, saved: Tensor[]) => Tensor[],
  }))(...inputs);
