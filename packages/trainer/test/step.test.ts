import { type Assigner, type Assignment, BACKGROUND, createRng, type HostTensor } from '@detrain/core';
import type { Recipe } from '@detrain/core/tensors';
import { contrastiveDenoising } from '@detrain/denoising';
import { createEngine, type Engine } from '@detrain/engine';
import { ddf, focal, giou, l1, mal, vfl } from '@detrain/losses';
import { createAdamW, createEma, parameterGroups } from '@detrain/optim';
import { eagerEngine } from '@detrain/tooling/eager';
import type {} from '@detrain/tooling/setup';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AssignResult, detectionProgram, type TrainStepOptions, trainStep } from '../src/index.ts';
import { miniBatch, miniDetector, miniRecipe, miniWeights } from './mini.ts';

let eager: Engine;
let compiled: Engine;
beforeAll(async () => {
  eager = await createEngine({ engine: eagerEngine });
  compiled = await createEngine({ engine: 'compiled' });
});
afterAll(async () => {
  await eager.dispose();
  await compiled.dispose();
});

type Changes = Partial<TrainStepOptions> & { engine?: Engine };

/** One step of the mini detector. */
const step = async ({ engine = eager, recipe = miniRecipe(), ...changes }: Changes = {}) => {
  const training = engine.training(detectionProgram(miniDetector, recipe));
  let assigned: AssignResult | undefined;
  const result = await trainStep({
    training,
    detector: miniDetector,
    recipe,
    parameters: miniWeights(),
    batch: miniBatch(),
    rng: createRng(3),
    epoch: 0,
    step: 0,
    progress: 0,
    clip: 0,
    onAssigned: (seen) => {
      assigned = seen;
    },
    ...changes,
  });
  await training.dispose();
  return { ...result, assigned: assigned as AssignResult };
};

const optimizer = () =>
  createAdamW({ groups: parameterGroups(miniWeights().keys(), [], { learningRate: 0.01, weightDecay: 0 }) });

const copy = (parameters: ReadonlyMap<string, HostTensor>) =>
  new Map([...parameters].map(([name, tensor]) => [name, Float32Array.from(tensor.data)]));

const onlyMain = (terms: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(terms).filter(([name]) => !name.includes('_dn_')));

const expectEqualTerms = (ours: Readonly<Record<string, number>>, theirs: Readonly<Record<string, number>>) => {
  expect(Object.keys(ours)).toEqual(Object.keys(theirs));
  expect(Object.values(ours)).toBeAllclose(Object.values(theirs), { atol: 1e-5, rtol: 1e-4 });
};

describe('trainStep', () => {
  it('names every term as the official code does', async () => {
    const { terms, total } = await step();
    const layer = ['mal', 'bbox', 'giou', 'fgl'];
    const plain = ['mal', 'bbox', 'giou'];
    const expected = [
      ...[...layer, 'ddf'].map((name) => `loss_${name}_aux_0`),
      ...layer.map((name) => `loss_${name}`),
      ...plain.map((name) => `loss_${name}_pre`),
      ...plain.map((name) => `loss_${name}_enc_0`),
      ...[...layer, 'ddf'].map((name) => `loss_${name}_dn_0`),
      ...layer.map((name) => `loss_${name}_dn_1`),
      ...plain.map((name) => `loss_${name}_dn_pre`),
    ];
    expect(Object.keys(terms).sort()).toEqual(expected.sort());
    expect(total).toBeCloseTo(
      Object.values(terms).reduce((a, b) => a + b, 0),
      3,
    );
  });

  it('changes weights, statistics and averages, in that order, and nothing without an optimizer', async () => {
    const parameters = miniWeights();
    const before = copy(parameters);
    const ema = createEma(parameters, { decay: 0.5, warmups: 0 });
    await step({ parameters });
    for (const [name, { data }] of parameters) expect(data, name).toEqual(before.get(name));
    const { nonFinite } = await step({ parameters, optimizer: optimizer(), ema });
    expect(nonFinite).toBeNull();
    for (const [name, { data }] of parameters) {
      expect(data, name).not.toEqual(before.get(name));
      const mean = Float32Array.from(data, (x, i) => (x + (before.get(name)?.[i] as number)) / 2);
      expect(ema.parameters.get(name)?.data as Float32Array).toBeAllclose(mean);
    }
  });

  it('clips by the global norm and reports the norm before', async () => {
    const free = await step();
    const clipped = await step({ clip: 0.01 });
    expect(clipped.gradientNorm).toBeCloseTo(free.gradientNorm, 5);
    const squares = Object.values(clipped.gradients).flatMap(({ data }) => Array.from(data, (x) => x * x));
    expect(Math.sqrt(squares.reduce((a, b) => a + b, 0))).toBeCloseTo(0.01, 5);
  });

  it('gives the gradient that finite differences give', async () => {
    // Focal loss has the whole gradient; MAL and VFL take their weights and targets as constants.
    const losses = [
      { weight: 2, loss: focal() },
      { weight: 5, loss: l1() },
      { weight: 2, loss: giou() },
    ];
    const recipe = miniRecipe({ losses });
    const { gradients } = await step({ recipe });
    const total = async (name: string, at: number, change: number) => {
      const parameters = miniWeights();
      (parameters.get(name)?.data as Float32Array)[at] = (parameters.get(name)?.data[at] as number) + change;
      return (await step({ recipe, parameters })).total;
    };
    for (const [name, at] of [
      ['score', 4],
      ['box', 2],
      ['queries', 7],
      ['image', 11],
    ] as const) {
      const slope = ((await total(name, at, 2e-3)) - (await total(name, at, -2e-3))) / 4e-3;
      expect(Math.abs(slope - (gradients[name]?.data[at] as number)), name).toBeLessThan(2e-3 + 0.02 * Math.abs(slope));
    }
  });

  it('is a function of its inputs: the same bits each time', async () => {
    const [one, two] = [await step(), await step()];
    expect({ ...one, seconds: 0 }).toEqual({ ...two, seconds: 0 });
  });

  it('gives the same on the compiled engine', async () => {
    const [eager, fast] = [await step(), await step({ engine: compiled })];
    expectEqualTerms(fast.terms, eager.terms);
    for (const [name, { data }] of Object.entries(eager.gradients))
      expect(fast.gradients[name]?.data as Float32Array, name).toBeAllclose(data, { atol: 1e-4, rtol: 1e-3 });
  });

  it.each([
    [eagerEngine, () => eager],
    ['compiled', () => compiled],
  ] as const)('takes a batch without objects on %s', async (_, engine) => {
    const batch = miniBatch([0, 0]);
    const padded = await step({ engine: engine(), batch });
    const without = await step({ engine: engine(), batch, recipe: miniRecipe({ knownQueries: null }) });
    expectEqualTerms(onlyMain(padded.terms), without.terms);
    expect(padded.nonFinite).toBeNull();
    for (const [name, value] of Object.entries(padded.terms))
      if (/_dn_|bbox|giou|fgl/.test(name)) expect(Math.abs(value), name).toBe(0);
  });

  it('does not see the padding of known queries', async () => {
    const source = (maxTargets: number) => miniRecipe({ knownQueries: contrastiveDenoising({ count: 6, maxTargets }) });
    expectEqualTerms((await step({ recipe: source(20) })).terms, (await step({ recipe: source(6) })).terms);
  });

  it('main outputs do not see known queries', async () => {
    const without = await step({ recipe: miniRecipe({ knownQueries: null }) });
    expectEqualTerms(onlyMain((await step()).terms), without.terms);
  });

  it('changes nothing where a term is not finite, and names it', async () => {
    const parameters = miniWeights();
    (parameters.get('score')?.data as Float32Array)[0] = Number.NaN;
    const before = copy(parameters);
    const result = await step({ parameters, optimizer: optimizer() });
    expect(result.nonFinite).toMatch(/^loss_mal/);
    for (const [name, { data }] of parameters) expect(data, name).toEqual(before.get(name));
  });

  it('says what is missing', async () => {
    const parameters = miniWeights();
    parameters.delete('box');
    await expect(step({ parameters })).rejects.toThrow(/trainer: no parameter 'box'/);
    const { outputs: _, ...silent } = miniDetector;
    await expect(step({ detector: silent })).rejects.toThrow(/has no `outputs`/);
    const batch = miniBatch([1, 1]);
    await expect(
      step({ batch: { ...batch, targets: batch.targets.slice(1) }, recipe: miniRecipe({ knownQueries: null }) }),
    ).rejects.toThrow(/targets of 1 images/);
    const recipe = miniRecipe({
      losses: [
        { weight: 1, loss: mal() },
        { weight: 1, loss: { ...ddf(), compute: () => null } },
      ],
    });
    await expect(step({ recipe })).rejects.toThrow(/ddf applies to no output/);
  });
});

describe('policies', () => {
  const keys = (assignments: readonly Assignment[] = []) => assignments.map(({ targetOf }) => Array.from(targetOf));

  it('each: every output has matches of its own', async () => {
    const { assigned } = await step({ recipe: miniRecipe({ matching: 'each' }) });
    expect(Object.keys(assigned.matches)).toEqual(['layer.0', 'layer.1', 'pre', 'encoder']);
    expect(assigned.union).toBeNull();
  });

  it('last: the last layer`s matches serve all layers, the encoder has its own', async () => {
    const { assigned } = await step({ recipe: miniRecipe({ matching: 'last' }) });
    expect(Object.keys(assigned.matches).sort()).toEqual(['encoder', 'layer.1']);
  });

  it('union: a superset of candidates, divided by its pairs', async () => {
    const { assigned } = await step();
    const union = keys(assigned.union ?? []);
    for (const matches of Object.values(assigned.matches))
      keys(matches).forEach((targets, image) => {
        targets.forEach((target, query) => {
          if (target >= 0) expect(union[image]?.[query]).toBeGreaterThanOrEqual(0);
        });
      });
    const pairs = union.flat().filter((target) => target >= 0).length;
    const normalizers = Array.from(assigned.dense['targets.normalizers']?.data ?? []);
    // Four outputs and the union; then six groups' worth of denoising: 5 objects in all, at most 3 an image, 2 groups.
    expect(normalizers).toEqual([5, 5, 5, 5, pairs, 10]);
  });

  it('proposals: the encoder output follows rules of its own', async () => {
    const first: Assigner = {
      name: 'first',
      options: {},
      cardinality: 'one-to-one',
      assign: ({ boxes }, { labels }) => ({
        targetOf: Int32Array.from({ length: boxes.length / 4 }, (_, i) => (i < labels.length ? i : BACKGROUND)),
      }),
    };
    const recipe = miniRecipe({ proposals: { assigner: first, losses: [{ weight: 1, loss: vfl() }] } });
    const { assigned, terms } = await step({ recipe });
    expect(keys(assigned.matches['encoder'])).toEqual([
      [0, 1, -1, -1, -1],
      [0, 1, 2, -1, -1],
    ]);
    expect(Object.keys(terms).filter((name) => name.includes('_enc_'))).toEqual(['loss_vfl_enc_0']);
  });

  it('a candidate may answer for two objects', async () => {
    const both: Assigner = {
      name: 'both',
      options: {},
      cardinality: 'one-to-many',
      slots: 2,
      assign: ({ boxes }) => ({
        targetOf: Int32Array.from({ length: boxes.length / 4 }, (_, i) => (i === 0 ? 0 : BACKGROUND)),
        extraPairs: { candidates: Int32Array.of(0), targets: Int32Array.of(1) },
      }),
    };
    const losses = [
      { weight: 1, loss: mal() },
      { weight: 5, loss: l1() },
    ];
    const recipe: Recipe = miniRecipe({ assigner: both, losses, matching: 'each', normalizer: 'pairs' });
    const { assigned, nonFinite } = await step({ recipe });
    expect(nonFinite).toBeNull();
    expect(Array.from(assigned.dense['targets.normalizers']?.data ?? []).slice(0, 4)).toEqual([4, 4, 4, 4]);
    expect(assigned.dense['targets.main.labels']?.shape).toEqual([4, 2, 10]);
  });
});
