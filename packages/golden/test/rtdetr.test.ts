import { createRng, type HostTensor } from '@detrain/core';
import { createEngine, type EngineName } from '@detrain/engine';
import { createDetector, type DetectorConfig, type ZooDetector, zoo } from '@detrain/models';
import { initialise } from '@detrain/nn';
import { createAdamW, parameterGroups } from '@detrain/optim';
import { deimRtdetr, rtdetr } from '@detrain/recipes';
import { eagerEngine } from '@detrain/tooling/eager';
import { detectionProgram, predictionProgram, trainStep } from '@detrain/trainer';
import { describe, expect, it } from 'vitest';
import { goldenImage, goldenTargets } from '../src/generate.ts';

/** RT-DETRv2 in small: the cpu backend must get through. */
const tiny: DetectorConfig = {
  name: 'tiny RT-DETRv2',
  numClasses: 3,
  numQueries: 10,
  inputSize: [32, 64],
  backbone: { kind: 'hgnetv2', variant: 'Atto', returnIndices: [1, 2], naming: 'rtdetr' },
  encoder: { kind: 'hybrid', generation: 'rtdetr', hidden: 16, feedForward: 32, expansion: 0.5, depth: 0.34, heads: 2 },
  decoder: { kind: 'rtdetr', dim: 16, feedForward: 32, layers: 3, evalLayer: 1, points: [2, 2], heads: 2 },
};
const discrete: DetectorConfig = {
  ...tiny,
  name: 'tiny RT-DETRv2, discrete sampling',
  decoder: { ...tiny.decoder, sampling: 'discrete' } as DetectorConfig['decoder'],
};

const recipeOf = ({ name }: ZooDetector) => {
  const options = { denoising: { count: 4, maxTargets: 4 } };
  return name.startsWith('deim') ? deimRtdetr(options) : rtdetr(options);
};

/** A few steps on the same two images: losses, first gradients, and what the engine holds after each step. */
const train = async (engineName: EngineName, detector: ZooDetector, steps: number) => {
  const engine = await createEngine({ engine: engineName });
  const recipe = recipeOf(detector);
  const parameters = initialise(detector.parameters, createRng('weights'));
  const trainable = detector.parameters.flatMap(({ name, kind }) => (kind === 'trainable' ? [name] : []));
  const optimizer = createAdamW({
    groups: parameterGroups(trainable, [], { learningRate: 1e-3, weightDecay: 1e-4 }),
  });
  const training = engine.training(detectionProgram(detector, recipe));
  const inference = engine.inference(predictionProgram(detector));
  const [height, width] = detector.config.inputSize;
  const images = goldenImage('image', [2, 3, height, width]);
  const targets = goldenTargets('targets', [2, 3], detector.numClasses);
  const totals: number[] = [];
  const held: unknown[] = [];
  let gradients: Readonly<Record<string, HostTensor>> = {};
  for (let step = 0; step < steps; step++) {
    const options = { training, detector, recipe, parameters, optimizer, batch: { images, targets } };
    const result = await trainStep({ ...options, rng: createRng(0), epoch: 0, step, progress: 0 });
    if (step === 0) gradients = result.gradients;
    totals.push(result.total);
    await inference.run({ ...Object.fromEntries(parameters), images });
    held.push(engine.memory());
  }
  await training.dispose();
  await inference.dispose();
  await engine.dispose();
  return { totals, held, gradients, trainable };
};

describe('RT-DETR trains', () => {
  it.each([tiny, discrete])('$name: both engines alike, in the same memory after each step', async (config) => {
    const detector = createDetector(config);
    const eager = await train(eagerEngine, detector, 2);
    const compiled = await train('compiled', detector, 2);
    for (const { totals, held, gradients, trainable } of [eager, compiled]) {
      expect(new Set(held.map((memory) => JSON.stringify(memory))).size).toBe(1);
      expect(totals.every(Number.isFinite)).toBe(true);
      expect(Object.keys(gradients).sort()).toEqual([...trainable].sort());
    }
    eager.totals.forEach((total, i) => {
      expect(Math.abs(total - (compiled.totals[i] as number)) / total).toBeLessThan(1e-4);
    });
  });

  it.each(['rtdetrv2-r18', 'deim-rtdetrv2-r18'] as const)('%s learns compiled at 64 pixels', async (name) => {
    const detector = zoo[name]({ numClasses: 3, numQueries: 20, inputSize: 64 });
    const { totals, held } = await train('compiled', detector, 4);
    expect(totals.every(Number.isFinite)).toBe(true);
    expect(totals[3]).toBeLessThan(totals[0] as number);
    expect(new Set(held.map((memory) => JSON.stringify(memory))).size).toBe(1);
  });
});
