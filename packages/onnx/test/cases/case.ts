import * as tf from '@tensorflow/tfjs-core';
import type { Inputs, Program, Tolerance } from '../harness.ts';

/** A small program that exercises one kernel or a few. */
export interface Case extends Tolerance {
  readonly name: string;
  readonly inputs: Inputs;
  readonly program: Program;
  /** Inputs whose gradients are checked, too. */
  readonly gradients?: readonly string[];
  /** false where finite differences say nothing (steps, wrong gradients in tfjs). */
  readonly finite?: boolean;
  /** false where tfjs's own gradient is not the derivative: then only finite differences count. */
  readonly reference?: boolean;
}

/** Runs a kernel that no `tf.*` function calls while recording, and what it stands for on the cpu backend. */
export const kernel = (
  name: string,
  inputs: tf.NamedTensorMap,
  attributes: tf.NamedAttrMap,
  otherwise: () => tf.Tensor,
): tf.Tensor =>
  tf.getBackend() === 'cpu' ? otherwise() : (tf.engine().runKernel(name, inputs, attributes) as tf.Tensor);
