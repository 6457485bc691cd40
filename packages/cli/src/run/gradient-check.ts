import { createRng, type HostTensor } from '@detrain/core';
import { createEngine, type TrainingProgram } from '@detrain/engine';
import * as tf from '@tensorflow/tfjs-core';

/** What a small training run on this machine showed. */
export interface GradientCheck {
  readonly engine: string;
  /** The loss before and after three steps. */
  readonly before: number;
  readonly after: number;
  /** Largest difference between a gradient and the quotient of differences, over the largest gradient. */
  readonly worst: number;
  readonly seconds: number;
}

/** A convolution and a linear layer that are to give 1 for the first image and -1 for the second. */
const program: TrainingProgram = {
  name: 'gradient-check',
  trainable: ['kernel', 'head'],
  targets: () => ({ wanted: { shape: [2, 1], dtype: 'float32' } }),
  forward: ({ images, kernel, head }) => {
    const features = tf.tanh(tf.conv2d(images as tf.Tensor4D, kernel as tf.Tensor4D, 2, 'same'));
    const found = tf.matMul(tf.mean(features, [1, 2]) as tf.Tensor2D, head as tf.Tensor2D);
    return {
      readback: { found },
      updates: {},
      loss: ({ wanted }) => {
        const total = tf.mean(tf.square(tf.sub(found, wanted as tf.Tensor))) as tf.Scalar;
        return { total, terms: { square: total } };
      },
    };
  },
};

const random = (name: string, shape: readonly number[]): HostTensor => {
  const rng = createRng(name);
  return {
    shape,
    dtype: 'float32',
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal() * 0.5),
  };
};

/** Trains three steps on the engine that training would take, and compares gradients with quotients of differences. */
export const gradientCheck = async (): Promise<GradientCheck> => {
  const engine = await createEngine();
  const started = performance.now();
  try {
    const training = engine.training(program);
    const inputs = {
      images: random('images', [2, 8, 8, 3]),
      kernel: random('kernel', [3, 3, 3, 4]),
      head: random('head', [4, 1]),
    };
    const wanted = { wanted: { shape: [2, 1], dtype: 'float32', data: Float32Array.of(1, -1) } } as const;
    const step = () => training.step(inputs, () => wanted);

    const { total: before, gradients } = await step();
    let worst = 0;
    let largest = 0;
    for (const name of ['kernel', 'head'] as const) {
      const { data } = inputs[name];
      const index = Math.floor(data.length / 2);
      const value = data[index] as number;
      const analytic = gradients[name]?.data[index] ?? Number.NaN;
      const at = async (offset: number) => {
        data[index] = value + offset;
        const { total } = await step();
        data[index] = value;
        return total;
      };
      const numeric = ((await at(0.01)) - (await at(-0.01))) / 0.02;
      worst = Math.max(worst, Math.abs(analytic - numeric));
      largest = Math.max(largest, Math.abs(numeric));
    }
    let after = before;
    for (let i = 0; i < 3; i++) {
      const result = await step();
      for (const name of ['kernel', 'head'] as const)
        result.gradients[name]?.data.forEach((g, k) => {
          (inputs[name].data as Float32Array)[k] = (inputs[name].data[k] as number) - 0.3 * g;
        });
      after = (await step()).total;
    }
    return {
      engine: engine.name,
      before,
      after,
      worst: worst / largest,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await engine.dispose();
  }
};
