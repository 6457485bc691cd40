// The gradient of a convolution's filter beside the convolution itself, with as many threads as `DETRAIN_THREADS` says.
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { bench, describe } from 'vitest';
import { encodeModel, trace } from '../src/index.ts';

const threads = Number(process.env['DETRAIN_THREADS'] ?? 2);

/** batch, size, channels in, channels out, kernel, stride */
const SHAPES: readonly (readonly [number, number, number, number, number, number])[] = [
  [4, 160, 3, 16, 3, 2],
  [4, 160, 32, 16, 3, 2],
  [4, 161, 16, 8, 2, 1],
  [4, 80, 16, 16, 3, 1],
  [4, 40, 32, 32, 3, 1],
  [4, 80, 64, 64, 3, 1],
  [4, 40, 128, 128, 3, 1],
  [4, 20, 128, 512, 1, 1],
  [4, 10, 256, 256, 3, 1],
];

for (const [batch, size, channels, out, kernel, stride] of SHAPES) {
  const x = [batch, size, size, channels];
  const w = [out, channels, kernel, kernel];
  const forward = (image: tf.Tensor, filter: tf.Tensor) =>
    tf.conv2d(image as tf.Tensor4D, tf.transpose(filter, [2, 3, 1, 0]) as tf.Tensor4D, stride, 'same');
  const programs = {
    convolution: (t: Record<string, tf.Tensor>) => ({ y: tf.sum(forward(t['x']!, t['w']!)) }),
    'gradient of the filter': (t: Record<string, tf.Tensor>) => ({
      d: tf.grad((v: tf.Tensor) => tf.sum(tf.square(forward(t['x']!, v))))(t['w']!),
    }),
  };
  describe(`${x} by ${kernel}x${kernel}, stride ${stride}, to ${out}`, () => {
    for (const [name, program] of Object.entries(programs)) {
      let session: ort.InferenceSession | undefined;
      const feeds = Object.fromEntries(
        Object.entries({ x, w }).map(([key, shape]) => {
          const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
          return [key, new ort.Tensor('float32', data, shape)];
        }),
      );
      bench(
        name,
        async () => {
          await session!.run(feeds);
        },
        {
          time: 500,
          setup: async () => {
            const graph = trace(program, { x: { shape: x, dtype: 'float32' }, w: { shape: w, dtype: 'float32' } });
            session ??= await ort.InferenceSession.create(encodeModel(graph), { intraOpNumThreads: threads });
          },
        },
      );
    }
  });
}
