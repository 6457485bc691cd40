import type {} from '@detrain/tooling/setup';
import { afterAll, expect, test } from 'vitest';
import { createEngine } from '../src/index.ts';
import { assign, inferenceProgram, inputsOf, trainingProgram } from './network.ts';

const eager = await createEngine({ engine: 'cpu' });
const compiled = await createEngine({ engine: 'compiled', threads: 2 });
afterAll(() => compiled.dispose());

test('a compiled step gives what the eager one gives', async () => {
  const inputs = inputsOf();
  const wanted = await eager.training(trainingProgram).step(inputs, assign);
  const seen = await compiled.training(trainingProgram).step(inputs, assign);
  expect(seen.total).toBeCloseTo(wanted.total, 4);
  expect(Object.keys(seen.terms)).toEqual(Object.keys(wanted.terms));
  for (const [name, term] of Object.entries(wanted.terms)) expect(seen.terms[name]).toBeCloseTo(term, 4);
  for (const part of ['gradients', 'updates'] as const) {
    expect(Object.keys(seen[part])).toEqual(Object.keys(wanted[part]));
    for (const [name, tensor] of Object.entries(wanted[part])) {
      expect(seen[part][name]!.shape).toEqual(tensor.shape);
      expect(seen[part][name]!.data).toBeAllclose(tensor.data, { atol: 1e-5, rtol: 1e-5 });
    }
  }
});

test('compiled inference gives what the eager one gives', async () => {
  for (const size of [16, 24]) {
    const inputs = inputsOf(size, 1);
    const wanted = await eager.inference(inferenceProgram).run(inputs);
    const seen = await compiled.inference(inferenceProgram).run(inputs);
    for (const [name, tensor] of Object.entries(wanted)) {
      expect(seen[name]!.shape).toEqual(tensor.shape);
      expect(seen[name]!.data).toBeAllclose(tensor.data, { atol: 1e-5, rtol: 1e-5 });
    }
  }
});
