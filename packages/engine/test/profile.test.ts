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

test('profiling must be asked for, of a compiled engine', async () => {
  const eager = await createEngine({ engine: 'cpu' });
  await expect(eager.training(trainingProgram).profile()).rejects.toThrow('compiled');
  const plain = await createEngine({ engine: 'compiled' });
  await expect(plain.training(trainingProgram).profile()).rejects.toThrow('profile: true');
});
