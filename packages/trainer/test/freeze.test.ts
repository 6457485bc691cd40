import { createRng, type HostTensor } from '@detrain/core';
import type { Detector } from '@detrain/core/tensors';
import { createEngine, type Engine } from '@detrain/engine';
import { createAdamW, createEma, parameterGroups } from '@detrain/optim';
import { eagerEngine } from '@detrain/tooling/eager';
import type {} from '@detrain/tooling/setup';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectionProgram, type FreezeRule, freezeParameters, trainStep } from '../src/index.ts';
import { miniBatch, miniRecipe } from './mini.ts';
import { normedDetector, normedWeights } from './normed.ts';
import { tinyRecipe } from './tiny.ts';

let engines: Record<'eager' | 'compiled', Engine>;
beforeAll(async () => {
  engines = {
    eager: await createEngine({ engine: eagerEngine }),
    compiled: await createEngine({ engine: 'compiled' }),
  };
});
afterAll(async () => {
  for (const engine of Object.values(engines)) await engine.dispose();
});

const recipe = { ...tinyRecipe, suppression: miniRecipe().suppression };
const bits = (parameters: ReadonlyMap<string, HostTensor>) =>
  new Map(
    [...parameters].map(([name, { data }]) => [
      name,
      Buffer.from((data as Float32Array).slice().buffer).toString('hex'),
    ]),
  );
const trainable = (detector: Detector) =>
  detector.parameters.flatMap(({ name, kind }) => (kind === 'trainable' ? [name] : []));

/** Some steps with everything on: decay, average, clipping. */
const train = async (name: 'eager' | 'compiled', detector: Detector, batchStatistics = true, steps = 3) => {
  const engine = engines[name];
  const parameters = normedWeights();
  const before = bits(parameters);
  const optimizer = createAdamW({
    groups: parameterGroups(trainable(detector), [], { learningRate: 0.01, weightDecay: 0.1 }),
  });
  const ema = createEma(parameters, { decay: 0.5, warmups: 0 });
  const training = engine.training(detectionProgram(detector, recipe, { batchStatistics }));
  const tensors: number[] = [];
  const losses: number[] = [];
  let gradients: readonly string[] = [];
  for (let step = 0; step < steps; step++) {
    const result = await trainStep({
      training,
      detector,
      recipe,
      parameters,
      optimizer,
      ema,
      batch: miniBatch([2, 3], step),
      rng: createRng(step),
      epoch: 0,
      step,
      progress: step / steps,
    });
    gradients = Object.keys(result.gradients);
    losses.push(result.total);
    tensors.push(engine.memory().tensors);
  }
  await training.dispose();
  const after = bits(parameters);
  const changed = [...after.keys()].filter((key) => after.get(key) !== before.get(key));
  const averaged = bits(ema.parameters);
  const movedAverages = [...averaged.keys()].filter((key) => averaged.get(key) !== before.get(key));
  return { parameters, gradients, changed, movedAverages, losses, tensors, state: Object.keys(optimizer.state()) };
};

const all = [...normedWeights().keys()];
const cases: readonly (readonly [FreezeRule[], RegExp])[] = [
  [['backbone'], /^backbone\./],
  [['backbone.stem'], /^backbone\./],
  [['norms'], /\.(bn|norm)\./],
  [['encoder', /^backbone\..*conv/], /^(encoder\.|backbone\.stem\.conv)/],
  [[/running_/], /running_/],
];

describe.each(['eager', 'compiled'] as const)('freezing on the %s engine', (engine) => {
  it.each(cases)('%j: what is frozen keeps every bit, the rest learns', async (rules, frozen) => {
    const detector = freezeParameters(normedDetector, rules);
    const { gradients, changed, movedAverages, state, tensors } = await train(engine, detector);
    const free = all.filter((name) => !frozen.test(name));
    const learnt = free.filter((name) => !name.includes('running_'));
    expect(changed).toEqual(free);
    expect(movedAverages).toEqual(free);
    expect([...gradients].sort()).toEqual([...learnt].sort());
    expect(state.filter((key) => frozen.test(key.replace(/^\w+\./, '')))).toEqual([]);
    expect(new Set(tensors).size).toBe(1);
  });

  it('with running statistics no statistic moves, and every parameter learns', async () => {
    const { changed } = await train(engine, normedDetector, false);
    expect(changed).toEqual(all.filter((name) => !name.includes('running_')));
  });
});

describe('freezeParameters', () => {
  it('gives the same losses and weights eagerly and compiled', async () => {
    for (const rules of [['backbone'], ['norms'], []] as const) {
      const detector = freezeParameters(normedDetector, rules);
      const [eager, compiled] = [await train('eager', detector), await train('compiled', detector)];
      expect(compiled.losses).toBeAllclose(eager.losses, { rtol: 1e-5 });
      for (const [name, { data }] of eager.parameters)
        expect(compiled.parameters.get(name)?.data as Float32Array, name).toBeAllclose(data as Float32Array, {
          atol: 1e-4,
        });
    }
  });

  it('leaves a detector without rules as it is, and freezes a shared tensor under all of its names', () => {
    expect(freezeParameters(normedDetector, [])).toBe(normedDetector);
    const [first, ...rest] = normedDetector.parameters;
    const alias = { ...first, name: 'decoder.again', sharedWith: first?.name } as (typeof rest)[number];
    const shared = { ...normedDetector, parameters: [...normedDetector.parameters, alias] };
    const kinds = freezeParameters(shared, ['decoder.again']).parameters.map(({ name, kind }) => `${name} ${kind}`);
    expect(kinds.filter((line) => line.endsWith('frozen'))).toEqual([
      'backbone.stem.conv.weight frozen',
      'decoder.again frozen',
    ]);
  });

  it('refuses rules that fit nothing, and freezing everything', () => {
    expect(() => freezeParameters(normedDetector, ['bakbone'])).toThrow(
      "trainer: the freeze rule bakbone fits no tensor of 'normed'. Names begin with backbone, encoder, decoder.",
    );
    expect(() => freezeParameters(normedDetector, [/^neck/])).toThrow('the freeze rule /^neck/ fits no tensor');
    expect(() => freezeParameters(normedDetector, [/./])).toThrow("trainer: all of 'normed' is frozen");
  });
});
