import { createRng } from '@detrain/core';
import * as tf from '@tensorflow/tfjs';
import { bench, describe } from 'vitest';
import { sampleBilinear, sampledLevels } from '../src/index.ts';

await tf.setBackend('cpu');

const rng = createRng(1);
const noise = (shape: [number, number, number], scale: number) =>
  tf.tensor3d(
    Float32Array.from({ length: shape[0] * shape[1] * shape[2] }, () => rng.uniform(0, scale)),
    shape,
  );
const size = { height: 20, width: 20 };
const tokens = noise([8, 400, 8], 1);
const points = { x: noise([8, 100, 4], 20), y: noise([8, 100, 4], 20), weight: noise([8, 100, 4], 1) };
const sample = (map: tf.Tensor3D) => sampleBilinear(sampledLevels([{ ...size, tokens: map }]), [4], points);

describe('bilinear sampling, 8 heads, 100 queries, 4 points on 20 x 20', () => {
  bench('forward', () => {
    tf.tidy(() => sample(tokens).dataSync());
  });
  bench('gradient by the tokens', () => {
    tf.tidy(() =>
      tf
        .grad((map) => tf.sum(sample(map as tf.Tensor3D)))(tokens)
        .dataSync(),
    );
  });
});
