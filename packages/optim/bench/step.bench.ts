import { createRng, type HostTensor } from '@detrain/core';
import { bench, describe } from 'vitest';
import { clipByGlobalNorm, createAdamW, createEma } from '../src/index.ts';

const rng = createRng(0);
const tensor = (): HostTensor => ({
  shape: [20_000],
  dtype: 'float32',
  data: Float32Array.from({ length: 20_000 }, () => rng.uniform(-1, 1)),
});
const names = Array.from({ length: 190 }, (_, i) => `p${i}`);
const parameters = new Map(names.map((name) => [name, tensor()]));
const gradients = Object.fromEntries(names.map((name) => [name, tensor()]));
const optimizer = createAdamW({ groups: [{ names, learningRate: 1e-4, weightDecay: 1e-4 }] });
const ema = createEma(parameters);

describe('3.8 million parameters', () => {
  bench('clip', () => void clipByGlobalNorm(gradients, 0.1));
  bench('AdamW', () => optimizer.step(parameters, gradients));
  bench('EMA', () => ema.update(parameters));
});
