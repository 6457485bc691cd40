import { eagerEngine } from '@detrain/tooling/eager';
import { expect, test } from 'vitest';
import { createEngine } from '../src/index.ts';
import { assign, inferenceProgram, inputsOf, trainingProgram } from './network.ts';

const engine = await createEngine({ engine: eagerEngine });

test('gradients agree with finite differences', async () => {
  const training = engine.training(trainingProgram);
  const inputs = inputsOf();
  const { gradients } = await training.step(inputs, assign);
  for (const name of ['conv1.weight', 'norm2.weight', 'attention.k', 'box.weight']) {
    const data = inputs[name]!.data as Float32Array;
    const at = 3;
    const held = data[at]!;
    const step = 1e-2;
    data[at] = held + step;
    const above = (await training.step(inputs, assign)).total;
    data[at] = held - step;
    const below = (await training.step(inputs, assign)).total;
    data[at] = held;
    expect(gradients[name]!.data[at]).toBeCloseTo((above - below) / (2 * step), 2);
  }
  expect([...gradients['unused']!.data]).toEqual([0, 0, 0]);
});

test('keeps no tensors from step to step, also after errors', async () => {
  const training = engine.training(trainingProgram);
  const inference = engine.inference(inferenceProgram);
  const inputs = inputsOf();
  const first = await training.step(inputs, assign);
  const before = engine.memory();
  for (let step = 0; step < 5; step++) await training.step(inputs, assign);
  await inference.run(inputs);
  const broken = () => {
    throw new Error('no match');
  };
  await expect(training.step(inputs, broken)).rejects.toThrow('no match');
  expect(engine.memory()).toEqual(before);
  expect((await training.step(inputs, assign)).total).toBe(first.total);
});

test('results are the caller’s own', async () => {
  const training = engine.training(trainingProgram);
  const inputs = inputsOf();
  const first = await training.step(inputs, assign);
  for (const gradient of Object.values(first.gradients)) gradient.data.fill(7);
  const second = await training.step(inputs, assign);
  expect(second.gradients['box.weight']!.data).not.toContain(7);
  expect(Object.keys(second.updates)).toEqual(['norm1.mean', 'norm1.variance', 'norm2.mean', 'norm2.variance']);
});
