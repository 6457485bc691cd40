// The ten costliest operations of a compiled training step of the test network: `tsx bench/profile.ts [side] [batch]`.
import { createEngine } from '../src/index.ts';
import { assign, inputsOf, trainingProgram } from '../test/network.ts';

const steps = 10;
const engine = await createEngine({ engine: 'compiled', profile: true });
const training = engine.training(trainingProgram);
const inputs = inputsOf(Number(process.argv[2] ?? 320), Number(process.argv[3] ?? 4));
const milliseconds: number[] = [];
for (let step = 0; step < steps; step++) {
  const start = performance.now();
  await training.step(inputs, assign);
  milliseconds.push(performance.now() - start);
}
milliseconds.sort((a, b) => a - b);
console.log(engine.describe(), `median step ${milliseconds[steps >> 1]!.toFixed(1)} ms`);
for (const { op, shapes, part, total } of (await training.profile()).slice(0, 10))
  console.log(`${(total / steps).toFixed(2).padStart(8)} ms  ${part.padEnd(8)}  ${op.padEnd(16)} ${shapes}`);
await engine.dispose();
