import { createRng } from '@detrain/core';
import type { ParameterSpec } from '@detrain/core/tensors';
import * as tf from '@tensorflow/tfjs';
import { initialise, makePass, type PassOptions, type RecordingPass } from '../src/index.ts';

/** A tensor of seeded numbers in [-1, 1). */
export const noise = <T extends tf.Tensor>(shape: readonly number[], seed: string, scale = 1): T => {
  const rng = createRng(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => scale * rng.uniform(-1, 1)),
    [...shape],
  ) as T;
};

/** First values of parameters, moved by noise so that nothing is zero. */
export const somewhere = (specs: readonly ParameterSpec[], scale = 0.3): Record<string, tf.Tensor> =>
  Object.fromEntries(
    [...initialise(specs, createRng(1))].map(([name, { shape, data }]) => [
      name,
      tf.add(tf.tensor(data, [...shape]), noise(shape, name, scale)),
    ]),
  );

/** A pass over parameters that lie somewhere. */
export const passFor = (
  specs: readonly ParameterSpec[],
  options: Omit<PassOptions, 'tensors' | 'specs'> = {},
): RecordingPass => makePass({ ...options, tensors: somewhere(specs), specs });

/**
 * The largest disagreement, relative to the gradient's size, between a function's gradient and central differences
 * along one random direction per input.
 */
export const gradientError = (
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  step = 1e-2,
): number => {
  const weights = tf.tidy(() => noise(f(...inputs).shape, 'weights'));
  const objective = (...given: tf.Tensor[]) => tf.sum(tf.mul(f(...given), weights)) as tf.Scalar;
  const gradients = tf.grads(objective)([...inputs]);
  const value = (given: readonly tf.Tensor[]) => tf.tidy(() => objective(...given).dataSync()[0] as number);
  let worst = 0;
  for (const [i, input] of inputs.entries()) {
    const direction = noise(input.shape, `direction ${i}`);
    const moved = (by: number) => inputs.map((x, k) => (k === i ? tf.add(x, tf.mul(direction, by)) : x));
    const measured = (value(moved(step)) - value(moved(-step))) / (2 * step);
    const claimed = tf.sum(tf.mul(gradients[i] as tf.Tensor, direction)).dataSync()[0] as number;
    const size = (tf.norm(gradients[i] as tf.Tensor).dataSync()[0] as number) + 1e-3;
    worst = Math.max(worst, Math.abs(measured - claimed) / size);
  }
  return worst;
};

/** The gradient error of a module's forward pass by its input and all its trainable parameters. */
export const moduleGradientError = (
  specs: readonly ParameterSpec[],
  run: (inputs: readonly tf.Tensor[], pass: RecordingPass) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  options: Omit<PassOptions, 'tensors' | 'specs'> = {},
): number => {
  const bound = somewhere(specs);
  const names = specs.filter(({ kind }) => kind === 'trainable').map(({ name }) => name);
  return gradientError(
    (...given) => {
      const own = Object.fromEntries(names.map((name, i) => [name, given[inputs.length + i] as tf.Tensor]));
      return run(given.slice(0, inputs.length), makePass({ ...options, tensors: { ...bound, ...own }, specs }));
    },
    [...inputs, ...names.map((name) => bound[name] as tf.Tensor)],
  );
};
