import { eagerEngine } from '@detrain/tooling/eager';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { createEngine } from '../src/index.ts';
import { assign, inputsOf, trainingProgram } from './network.ts';

test('a profile names the operations, costliest first', async () => {
  const engine = await createEngine({ engine: 'compiled', threads: 1, profile: true });
  const training = engine.training(trainingProgram);
  for (let step = 0; step < 3; step++) await training.step(inputsOf(), assign);
  const nodes = await training.profile();
  expect(nodes.find(({ op, part }) => op.includes('Conv') && part === 'forward')?.shapes).toContain('x3x');
  expect(nodes.some(({ part }) => part === 'backward')).toBe(true);
  // The first of three steps is left out.
  expect(nodes.every(({ calls }) => calls === 2)).toBe(true);
  for (const [i, node] of nodes.entries()) if (i) expect(node.total).toBeLessThanOrEqual(nodes[i - 1]!.total);
  await engine.dispose();
});

test('an eager profile names kernels with the shapes that they saw', async () => {
  const engine = await createEngine({ engine: eagerEngine, profile: true });
  const stock = tf.getKernel('Conv2D', tf.getBackend());
  const training = engine.training(trainingProgram);
  for (let step = 0; step < 3; step++) await training.step(inputsOf(), assign);
  const nodes = await training.profile();
  const convolutions = nodes.filter(({ op, part }) => op === 'Conv2D' && part === 'forward');
  expect(convolutions.find(({ shapes }) => /x3,3x3x3x/.test(shapes))?.calls).toBe(2);
  expect(nodes.some(({ op, part }) => op === 'Conv2DBackpropFilter' && part === 'backward')).toBe(true);
  for (const [i, node] of nodes.entries()) if (i) expect(node.total).toBeLessThanOrEqual(nodes[i - 1]!.total);
  await training.step(inputsOf(), assign);
  expect(await training.profile()).toEqual(nodes);
  expect(tf.getKernel('Conv2D', tf.getBackend())?.kernelFunc).toBe(stock?.kernelFunc);
});

test.each(['compiled', eagerEngine] as const)('without being asked for, %s measures nothing', async (name) => {
  const engine = await createEngine({ engine: name });
  const training = engine.training(trainingProgram);
  await training.step(inputsOf(), assign);
  expect(await training.profile()).toEqual([]);
  await engine.dispose();
});
