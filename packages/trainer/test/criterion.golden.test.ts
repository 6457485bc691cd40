import { type Assignment, createRng, type HostTensor, pairsOf } from '@detrain/core';
import type { Recipe, WeightedLoss } from '@detrain/core/tensors';
import { ddf, fgl, giou, l1, mal, vfl } from '@detrain/losses';
import { hungarian, iouPowerCost, switching } from '@detrain/matcher-hungarian';
import { useEager } from '@detrain/tooling/eager';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { createCriterion } from '../src/criterion.ts';
import { storedCase } from './stored-outputs.ts';

beforeAll(useEager);

const local: WeightedLoss[] = [
  { weight: 0.15, loss: fgl() },
  { weight: 1.5, loss: ddf() },
];
const boxes: WeightedLoss[] = [
  { weight: 5, loss: l1() },
  { weight: 2, loss: giou() },
];
const recipe = (change: Partial<Recipe> = {}): Recipe => ({
  name: 'test',
  assigner: hungarian(),
  losses: [{ weight: 1, loss: mal() }, ...boxes, ...local],
  matching: 'union',
  normalizer: 'targets',
  knownQueries: null,
  proposals: null,
  auxiliaries: [],
  augmentations: [],
  batchAugmentations: [],
  suppression: { kind: 'top-k', count: 300 },
  ...change,
});
const classAndBoxes = (classLoss = mal()): WeightedLoss[] => [{ weight: 1, loss: classLoss }, ...boxes];

type Indices = readonly (readonly [readonly number[], readonly number[]])[];

/** Runs host and tensor part on stored outputs. */
const run = (name: string, one: Recipe, epoch = 0) => {
  const golden = storedCase(name);
  if (!golden) return null;
  tf.engine().startScope();
  try {
    const groups = golden.groups();
    const main = groups[0] as (typeof groups)[number];
    const known = golden.known();
    const criterion = createCriterion(one, {
      batch: golden.targets.length,
      numClasses: golden.meta.num_classes,
      queries: golden.meta.num_queries,
      layers: main.layers.length,
      pre: main.pre !== undefined,
      encoder: main.encoder !== undefined,
      ...(known && { known: { name: known.name, count: known.count } }),
    });
    const readback = Object.fromEntries(
      Object.entries(criterion.readback(groups)).map(([key, tensor]) => {
        const host: HostTensor = { shape: tensor.shape, dtype: 'float32', data: tensor.dataSync() };
        return [key, host];
      }),
    );
    const request = { targets: golden.targets, known, rng: createRng(0), progress: 0, epoch, step: 0 };
    const assigned = criterion.assign(readback, request);
    for (const [key, { shape, dtype }] of Object.entries(criterion.targets)) {
      expect(assigned.dense[key]?.shape).toEqual(shape);
      expect(assigned.dense[key]?.dtype).toBe(dtype);
    }
    const dense = Object.fromEntries(
      Object.entries(assigned.dense).map(([key, { data, shape, dtype }]) => [key, tf.tensor(data, [...shape], dtype)]),
    );
    const { total, terms } = criterion.loss(groups, dense);
    const values = Object.fromEntries(Object.entries(terms).map(([key, term]) => [key, term.dataSync()[0] as number]));
    return { meta: golden.meta, assigned, total: total.dataSync()[0] as number, terms: values };
  } finally {
    tf.engine().endScope();
  }
};

const pairKeys = (assignment: Assignment): string[] => {
  const { candidates, targets } = pairsOf(assignment);
  return Array.from(candidates, (candidate, k) => `${candidate}-${targets[k]}`).sort();
};
const expectedKeys = (indices: Indices): string[][] =>
  indices.map(([queries, objects]) => queries.map((query, k) => `${query}-${objects[k]}`).sort());

/** All official terms, bit for bit the same names, values to `rtol`. */
const expectTerms = (ours: Record<string, number>, official: Record<string, number>, rtol = 2e-5) => {
  expect(Object.keys(ours).sort()).toEqual(Object.keys(official).sort());
  for (const [key, value] of Object.entries(official))
    expect(Math.abs((ours[key] as number) - value), `${key}: ${ours[key]} for ${value}`).toBeLessThanOrEqual(
      rtol * Math.abs(value) + 1e-6,
    );
};

describe('official training steps from their stored outputs', () => {
  it.for([
    ['deim_dfine_n_160_q100', recipe()],
    ['deim_dfine_n_160_q100_nodn', recipe()],
    ['deim_dfine_n_256', recipe()],
    ['deim_dfine_n_256_bneval', recipe()],
    ['deimv2_atto_160', recipe({ matching: 'each', losses: classAndBoxes() })],
    ['rtdetrv2_r18_160', recipe({ matching: 'each', losses: classAndBoxes(vfl()) })],
  ] as const)('%s: matches, union and every term', ([name, one], { skip }) => {
    const result = run(name, one);
    if (!result) return skip('skipped: no reference data');
    const { meta, assigned } = result;
    const names: Record<string, string> = {
      main: 'layer.2',
      aux_0: 'layer.0',
      aux_1: 'layer.1',
      pre: 'pre',
      enc_0: 'encoder',
    };
    for (const [call, { indices }] of Object.entries<{ indices: Indices }>(meta.matcher_calls))
      expect(assigned.matches[names[call] as string]?.map(pairKeys), call).toEqual(expectedKeys(indices));
    if (assigned.union) expect(assigned.union.map(pairKeys)).toEqual(expectedKeys(meta.go_indices));
    expectTerms(result.terms, meta.loss_terms_weighted);
    expect(Math.abs(result.total - meta.loss_total)).toBeLessThan(2e-5 * meta.loss_total);
  });

  const variants: [string, string, Partial<Recipe>, number?][] = [
    ...['deim_dfine_n_160_q100', 'deim_dfine_n_256'].flatMap((name): [string, string, Partial<Recipe>, number?][] => [
      [name, 'vfl_gamma2', { losses: [{ weight: 1, loss: vfl() }, ...boxes, ...local] }],
      [
        name,
        'mal_gamma2_alpha0.75',
        { losses: [{ weight: 1, loss: mal({ gamma: 2, alpha: 0.75 }) }, ...boxes, ...local] },
      ],
      [
        name,
        'mal_iou_box_weight',
        {
          losses: [
            { weight: 1, loss: mal() },
            { weight: 5, loss: l1() },
            { weight: 2, loss: giou({ weightBy: 'iou' }) },
            ...local,
          ],
        },
      ],
    ]),
    ['deim_dfine_n_256_bneval', 'vfl_gamma2', { losses: [{ weight: 1, loss: vfl() }, ...boxes, ...local] }],
    ['deimv2_atto_160', 'mal_local_union_set', {}],
    [
      'deimv2_atto_160',
      'change_matcher_epoch460',
      {
        matching: 'each',
        losses: classAndBoxes(),
        assigner: switching({ before: hungarian(), after: hungarian({ costs: [iouPowerCost()] }), at: { epoch: 450 } }),
      },
      460,
    ],
  ];
  it.for(variants)('%s, variant %s', ([name, variant, change, epoch], { skip }) => {
    const result = run(name, recipe(change), epoch);
    if (!result) return skip('skipped: no reference data');
    expectTerms(result.terms, result.meta.variants[variant].loss_terms_weighted);
  });

  it('without the union set, box losses use each output`s own matches', ({ skip }) => {
    const result = run('deim_dfine_n_160_q100', recipe({ matching: 'each' }));
    if (!result) return skip('skipped: no reference data');
    // The official code computes FGL targets for one output's matches and uses them for all others: a defect that is not copied.
    const compared = (terms: Record<string, number>) =>
      Object.fromEntries(Object.entries(terms).filter(([key]) => !/^loss_fgl_aux|^loss_fgl$/.test(key)));
    expectTerms(
      compared(result.terms),
      compared(result.meta.variants['mal_gamma1.5_no_union_set'].loss_terms_weighted),
    );
  });
});
