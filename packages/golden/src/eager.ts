import { useEager } from '@detrain/tooling/eager';
import * as tf from '@tensorflow/tfjs';
import { floatsOf, type GoldenCase, tensorOf, valuesOf } from './case.ts';
import type { Checks } from './checks.ts';

tf.env().set('PROD', true);

/** Runs a function on the eager backend of the tests, freeing what it makes, and goes back to the backend there was. */
export const eagerly = async (run: () => void): Promise<void> => {
  const before = tf.getBackend();
  await useEager();
  try {
    tf.tidy(run);
  } finally {
    if (before) await tf.setBackend(before);
  }
};

/** A stored tensor as a float32 one, in another shape where given. */
export const load = (golden: GoldenCase, name: string, shape?: readonly number[]): tf.Tensor => {
  const stored = tensorOf(golden, name);
  return tf.tensor(floatsOf(stored), [...(shape ?? stored.shape)], 'float32');
};

/** Compares a tensor with a stored one. */
export const compare = (golden: GoldenCase, checks: Checks, name: string, ours: tf.Tensor, tolerance: number): void =>
  checks.close(name, ours.dataSync(), valuesOf(tensorOf(golden, name)), tolerance);

/** A function's value and its gradients by all its arguments, the value weighed by stored numbers where given. */
export const differentiate = (
  f: (...args: tf.Tensor[]) => tf.Tensor,
  args: readonly tf.Tensor[],
  weights?: tf.Tensor,
): { readonly value: tf.Tensor; readonly gradients: tf.Tensor[] } => {
  const value = f(...args);
  const total = (...inputs: tf.Tensor[]) => {
    const y = f(...inputs);
    return tf.sum(weights ? tf.mul(y, weights) : y) as tf.Scalar;
  };
  return { value, gradients: tf.grads(total)([...args]) };
};
