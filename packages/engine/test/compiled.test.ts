import type {} from '@detrain/tooling/setup';
import { afterAll, expect, test } from 'vitest';
import { createEngine, type StepResult } from '../src/index.ts';
import { assign, inferenceProgram, inputsOf, trainingProgram } from './network.ts';

const eager = await createEngine({ engine: 'cpu' });
const compiled = await createEngine({ engine: 'compiled', threads: 2, cacheSize: 2 });
afterAll(() => compiled.dispose());

/** Everything a step gave but the time it took. */
const values = ({ seconds: _, ...result }: StepResult) => result;

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

test('inputs that are fixed give what the same inputs give on every run', async () => {
  const { images, ...fixed } = inputsOf(16, 2);
  for (const engine of [eager, compiled]) {
    const wanted = await engine.inference(inferenceProgram).run({ ...fixed, images: images! });
    const before = engine.memory().tensors;
    const inference = engine.inference(inferenceProgram, fixed);
    const seen = await inference.run({ images: images! });
    await inference.dispose();
    expect(engine.memory().tensors).toBe(before);
    for (const [name, tensor] of Object.entries(wanted))
      expect(seen[name]!.data).toBeAllclose(tensor.data, { atol: 1e-5, rtol: 1e-5 });
  }
});

test('a fixed input that does not fit its shape is named before anything runs', () => {
  const { images, ...fixed } = inputsOf(16, 2);
  const query = { ...fixed['query']!, data: new Float32Array(3) };
  expect(() => compiled.inference(inferenceProgram, { ...fixed, query })).toThrow(/'query'.* holds 3 elements/);
});

test('results do not depend on the run or on the number of threads', async () => {
  const inputs = inputsOf(64, 4);
  const results = [];
  for (const threads of [1, 2, 4, 8]) {
    const engine = await createEngine({ engine: 'compiled', threads });
    const training = engine.training(trainingProgram);
    for (let run = 0; run < 3; run++) results.push(values(await training.step(inputs, assign)));
    await engine.dispose();
    expect(engine.memory().sessions).toBe(0);
  }
  for (const result of results) expect(result).toEqual(results[0]);
});

test('holds the same tensors and sessions after 50 steps as after one', async () => {
  const training = compiled.training(trainingProgram);
  const inputs = inputsOf();
  await training.step(inputs, assign);
  const before = compiled.memory();
  for (let step = 0; step < 49; step++) await training.step(inputs, assign);
  expect(compiled.memory()).toEqual(before);
  await training.dispose();
  expect(compiled.memory().sessions).toBe(before.sessions - 2);
});

test('keeps the steps of the last few shapes and releases the others', async () => {
  const engine = await createEngine({ engine: 'compiled', threads: 1, cacheSize: 2 });
  const training = engine.training(trainingProgram);
  const first = await training.step(inputsOf(16), assign);
  for (const size of [24, 16, 32]) {
    await training.step(inputsOf(size), assign);
    expect(engine.memory().sessions).toBe(4);
  }
  // 24 had not been used for the longest time.
  const kept = await training.step(inputsOf(16), assign);
  expect(values(kept)).toEqual(values(first));
  await training.step(inputsOf(24), assign);
  expect(engine.memory().sessions).toBe(4);
  await engine.dispose();
  expect(engine.memory()).toMatchObject({ sessions: 0, tensors: 0 });
});

test('steps that are asked for at once do not mix', async () => {
  const training = compiled.training(trainingProgram);
  const sizes = [16, 24, 16, 24];
  const together = await Promise.all(sizes.map((size) => training.step(inputsOf(size), assign)));
  for (const [i, size] of sizes.entries())
    expect(values(together[i]!)).toEqual(values(await training.step(inputsOf(size), assign)));
});

test('results are the caller’s own', async () => {
  const training = compiled.training(trainingProgram);
  const inputs = inputsOf();
  const first = await training.step(inputs, assign);
  const scribbled = await training.step(inputs, (readback) => {
    const targets = assign(readback);
    for (const { data } of Object.values(readback)) data.fill(9);
    return targets;
  });
  expect(values(scribbled)).toEqual(values(first));
  for (const { data } of Object.values(scribbled.gradients)) data.fill(9);
  expect(values(await training.step(inputs, assign))).toEqual(values(first));
});
