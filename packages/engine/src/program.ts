import type { HostTensors } from '@detrain/core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { fail } from './error.ts';
import { tf } from './tf.ts';
import type { TrainingProgram } from './types.ts';

/** Throws where a trainable input is missing or not of floats. */
export const checkTrainable = (program: TrainingProgram, inputs: HostTensors): void => {
  for (const name of program.trainable) {
    const input = inputs[name];
    if (!input)
      fail(`${program.name} was given no input '${name}'`, 'one for each name of `trainable`', 'Pass all parameters');
    else if (input.dtype !== 'float32')
      fail(`trainable input '${name}' of ${program.name} is ${input.dtype}`, 'float32', 'Leave it out of `trainable`');
  }
};

/** Disposes of what the tape saved for a backward pass that never came: tfjs frees it only after one. */
const dropTape = (): void => {
  const { state } = tf.engine();
  if (state.gradientDepth > 0) return;
  for (const node of state.activeTape ?? []) for (const tensor of node.saved ?? []) tensor.dispose();
  state.activeTape = [];
};

/** The gradients of a scalar, undefined where it does not depend on a tensor. */
export const gradientsOf = (
  objective: () => Scalar,
  of: Tensor[],
): { value: Scalar; gradients: (Tensor | undefined)[] } => {
  // With no tensor to differentiate tfjs refuses to run at all.
  if (!of.length) return { value: objective(), gradients: [] };
  try {
    const { value, grads } = tf.engine().gradients(objective as () => Tensor, of, undefined, true);
    return { value: value as Scalar, gradients: grads };
  } catch (error) {
    dropTape();
    throw error;
  }
};
