import { readFileSync } from 'node:fs';
import { createRng, type HostTensor } from '@detrain/core';
import type {} from '@detrain/tooling/setup';
import { describe, expect, test } from 'vitest';
import { generate, target } from '../scripts/kernels.ts';
import { clipByGlobalNorm, createAdamW, createEma } from '../src/index.ts';
import { createKernels } from '../src/kernels.ts';

const host = (data: Float32Array): HostTensor => ({ shape: [data.length], dtype: 'float32', data });
const random = (length: number, seed: number) => {
  const rng = createRng(seed);
  return Float32Array.from({ length }, () => rng.normal());
};
/** Around whole vectors and whole parts; three parts and a rest. */
const lengths = [0, 1, 3, 4, 5, 16_383, 16_384, 16_385, 50_001];

test('the committed module is what the source gives', async () => {
  expect(readFileSync(target, 'utf8')).toBe(await generate());
});

test.for(lengths)('AdamW of %i elements is the formula in float64, to float32 rounding', (length) => {
  const p = random(length, 1);
  const expected = Float64Array.from(p);
  const [m, v] = [new Float64Array(length), new Float64Array(length)];
  const optimizer = createAdamW({
    groups: [{ names: ['p'], learningRate: 1e-3, weightDecay: 0.02 }],
    betas: [0.8, 0.95],
  });
  for (let step = 1; step <= 4; step++) {
    const g = random(length, 1 + step);
    optimizer.step(new Map([['p', host(p)]]), { p: host(g) });
    for (let i = 0; i < length; i++) {
      const gradient = g[i] as number;
      m[i] = (m[i] as number) * 0.8 + gradient * 0.2;
      v[i] = (v[i] as number) * 0.95 + gradient * gradient * 0.05;
      const change = (m[i] as number) / (1 - 0.8 ** step) / (Math.sqrt((v[i] as number) / (1 - 0.95 ** step)) + 1e-8);
      expected[i] = (expected[i] as number) * (1 - 2e-5) - 1e-3 * change;
    }
  }
  expect(p).toBeAllclose(expected, { atol: 1e-8, rtol: 4 * 2 ** -24 });
  const state = optimizer.state();
  expect(state['exp_avg.p']?.data as Float32Array).toBeAllclose(m, { atol: 3e-7, rtol: 0 });
  expect(state['exp_avg_sq.p']?.data as Float32Array).toBeAllclose(v, { atol: 0, rtol: 1e-6 });
});

test.for(lengths)('clipping and averaging of %i elements', (length) => {
  const [a, b] = [random(length, 1), random(length, 2)];
  const g = a.slice();
  const norm = clipByGlobalNorm({ g: host(g) }, 0.1);
  const squares = Float64Array.from(a, (x) => x * x).reduce((sum, x) => sum + x, 0);
  expect(Math.abs(norm - Math.sqrt(squares))).toBeLessThanOrEqual(1e-12 * norm);
  const scale = Math.min(1, Math.fround(0.1 / (norm + 1e-6)));
  expect(g).toEqual(a.map((x) => x * scale));
  for (const decay of [0, 0.2, 0.5, 0.9999]) {
    const ema = createEma(new Map([['w', host(a)]]), { decay, warmups: 0 });
    ema.update(new Map([['w', host(b)]]));
    const expected = Float64Array.from(a, (x, i) => x * decay + (b[i] as number) * (1 - decay));
    // The difference and its product round at their own size; the values lie within 5 of 0.
    const atol = 3 * 2 ** -24 * 10 * Math.min(decay, 1 - decay);
    expect(ema.parameters.get('w')?.data as Float32Array).toBeAllclose(expected, { atol, rtol: 2 ** -24 });
  }
});

test('a weight decay that vanishes in 1 - decay still counts', () => {
  const gradients = random(20_000, 1);
  const after = (weightDecay: number) => {
    const w = Float32Array.of(1.7);
    const optimizer = createAdamW({ groups: [{ names: ['w'], learningRate: 1e-4, weightDecay }] });
    for (const g of gradients) optimizer.step(new Map([['w', host(w)]]), { w: host(Float32Array.of(g)) });
    return w[0] as number;
  };
  expect(Math.fround(1 - 2e-8)).toBe(1);
  expect((after(0) - after(2e-4)) / (20_000 * 2e-8 * 1.7)).toBeCloseTo(1, 1);
});

test('an average of constants is constant', () => {
  const w = new Map([['w', host(random(100, 1))]]);
  const ema = createEma(w, { warmups: 7 });
  for (let i = 0; i < 100; i++) ema.update(w);
  expect(ema.parameters.get('w')?.data).toEqual(w.get('w')?.data);
});

describe('memory', () => {
  test('moments outlive its growth, and the state is a copy', () => {
    const names = Array.from({ length: 6 }, (_, i) => `p${i}`);
    const run = (groups: readonly string[][]) => {
      const parameters = new Map(names.map((name, i) => [name, host(random(9_999 + i, i))]));
      const gradients = Object.fromEntries(names.map((name, i) => [name, host(random(9_999 + i, 99 + i))]));
      const optimizers = groups.map((part) =>
        createAdamW({ groups: [{ names: part, learningRate: 0.1, weightDecay: 0 }] }),
      );
      for (const optimizer of [...optimizers, ...optimizers]) {
        optimizer.step(parameters, gradients);
        for (const { data } of Object.values(optimizer.state())) data.fill(7);
      }
      return Object.assign({}, ...optimizers.map((optimizer) => optimizer.state()), Object.fromEntries(parameters));
    };
    expect(run([names])).toEqual(run(names.map((name) => [name])));
  });

  test('goes with its optimizer', () => {
    // Each reserves some 10 GB of addresses: all at once, they would be more than there are.
    const w = new Map([['w', host(Float32Array.of(1))]]);
    for (let i = 0; i < 500; i++)
      createAdamW({ groups: [{ names: ['w'], learningRate: 1, weightDecay: 0 }] }).step(w, { w: w.get('w')! });
  });

  test('says when there is no room', () => {
    expect(() => createKernels().allocate(2 ** 30)).toThrow(/optim: no room for .* 4 GiB/);
  });
});
