import type { Detector, Recipe } from '@detrain/core/tensors';
import { giou, l1, mal, vfl } from '@detrain/losses';
import { describe, expect, it } from 'vitest';
import {
  checkRecipe,
  classLoss,
  compose,
  deim,
  deimRtdetr,
  deimv2,
  deimv2Lite,
  describeRecipe,
  detr,
  dfine,
  knownQueries,
  matching,
  named,
  rtdetr,
  weights,
} from '../src/index.ts';

const weighed = ({ losses }: Recipe) => Object.fromEntries(losses.map(({ weight, loss }) => [loss.name, weight]));

describe('recipes have the published weights', () => {
  it.each([
    [detr(), { focal: 2, bbox: 5, giou: 2 }, 'each'],
    [rtdetr(), { vfl: 1, bbox: 5, giou: 2 }, 'each'],
    [dfine(), { vfl: 1, bbox: 5, giou: 2, fgl: 0.15, ddf: 1.5 }, 'union'],
    [deim(), { mal: 1, bbox: 5, giou: 2, fgl: 0.15, ddf: 1.5 }, 'union'],
    [deimRtdetr(), { mal: 1, bbox: 5, giou: 2 }, 'each'],
    [deimv2(), { mal: 1, bbox: 5, giou: 2, fgl: 0.15, ddf: 1.5 }, 'union'],
    [deimv2Lite(), { mal: 1, bbox: 5, giou: 2 }, 'each'],
  ] as const)('%o', (recipe, expected, policy) => {
    expect(weighed(recipe)).toEqual(expected);
    expect(recipe.matching).toBe(policy);
    expect(recipe.normalizer).toBe('targets');
  });

  it('and the published options', () => {
    const mine = (recipe: Recipe) => describeRecipe(recipe);
    expect(mine(deim()).losses[0]).toMatchObject({ name: 'mal', options: { gamma: 1.5 } });
    expect(mine(dfine()).losses[0]).toMatchObject({ name: 'vfl', options: { alpha: 0.75, gamma: 2 } });
    expect(mine(detr()).knownQueries).toBeNull();
    expect(mine(rtdetr()).knownQueries?.options).toMatchObject({ count: 100, labelNoise: 0.5, negativeSizes: 'kept' });
    expect(mine(deim()).knownQueries?.options).toMatchObject({ negativeSizes: 'absolute' });
    expect(mine(rtdetr()).losses[0]).toMatchObject({ name: 'vfl', options: { alpha: 0.75, gamma: 2 } });
    expect(mine(deimRtdetr()).losses[0]).toMatchObject({ name: 'mal', options: { gamma: 1.5 } });
    expect(mine(deimRtdetr()).knownQueries?.options).toMatchObject({ negativeSizes: 'absolute' });
    expect(deimRtdetr({ denoising: false }).knownQueries).toBeNull();
    expect(mine(deimRtdetr()).augmentations).toEqual(mine(deim()).augmentations);
    expect(mine(deimv2Lite()).assigner).toMatchObject({ name: 'switching', options: { at: { progress: 0.9 } } });
    expect(mine(deimv2Lite({ switchAt: false })).assigner.name).toBe('hungarian');
    expect(mine(deimv2()).assigner).toMatchObject({
      name: 'switching',
      options: { at: { progress: 45 / 58 }, after: { options: { costs: [{ name: 'iou-power' }] } } },
    });
    expect(mine(deimv2({ switchAt: false })).assigner).toEqual(mine(deim()).assigner);
    expect(JSON.stringify(mine(deimv2()).batchAugmentations)).toContain('copy-blend');
    expect(mine(deimv2({ denseO2O: false })).augmentations).toEqual(mine(dfine()).augmentations);
    expect([deimv2Lite().name, deimv2Lite({ size: 'pico' }).name, deim().name]).toEqual([
      'deimv2-atto',
      'deimv2-pico',
      'deim',
    ]);
  });

  it('describe themselves in JSON, the same each time', () => {
    for (const make of [detr, rtdetr, dfine, deim, deimRtdetr, deimv2, deimv2Lite]) {
      const described = describeRecipe(make());
      expect(JSON.parse(JSON.stringify(described))).toEqual(described);
      expect(describeRecipe(make())).toEqual(described);
    }
  });
});

describe('one line changes one thing', () => {
  const parts = ({ losses, ...recipe }: Recipe) => ({ ...describeRecipe({ ...recipe, losses: [] }), name: '' });

  it('VFL instead of MAL', () => {
    const recipe = compose(deim(), classLoss(vfl()));
    expect(weighed(recipe)).toEqual(weighed(dfine()));
    expect(parts(recipe)).toEqual(parts(deim()));
  });

  it('no Dense O2O', () => {
    const recipe = deim({ denseO2O: false });
    expect(weighed(recipe)).toEqual(weighed(deim()));
    expect(describeRecipe(recipe).augmentations).toEqual(describeRecipe(dfine()).augmentations);
    expect(describeRecipe(deim()).augmentations).not.toEqual(describeRecipe(dfine()).augmentations);
  });

  it('no denoising, other matching, other weights, another name', () => {
    expect(compose(deim(), knownQueries(null)).knownQueries).toBeNull();
    expect(deim({ denoising: false }).knownQueries).toBeNull();
    expect(compose(deim(), matching('each')).matching).toBe('each');
    expect(weighed(compose(deim(), weights({ fgl: 0, bbox: 3 })))).toEqual({ mal: 1, bbox: 3, giou: 2, ddf: 1.5 });
    expect(compose(deim(), named('mine')).name).toBe('mine');
  });

  it('says what is not there to change', () => {
    expect(() => compose(deim(), weights({ vfl: 2 }))).toThrow(/recipes: a weight for loss 'vfl'.*mal/);
    expect(() => compose({ ...deim(), losses: [{ weight: 1, loss: l1() }] }, classLoss(mal()))).toThrow(
      /no classification loss/,
    );
  });

  it('leaves its base alone', () => {
    const base = deim();
    const before = describeRecipe(base);
    compose(base, classLoss(vfl()), weights({ fgl: 0 }), matching('last'));
    expect(describeRecipe(base)).toEqual(before);
  });
});

describe('checkRecipe', () => {
  const detector = { name: 'one', numQueries: 300, outputs: { layers: 3, pre: true, encoder: true } } as Detector;
  const fields = (recipe: Recipe, use = {}, model: Detector = detector) =>
    checkRecipe(recipe, model, use).map(({ severity, field }) => `${severity} ${field}`);

  it('finds nothing wrong with ours', () => {
    for (const recipe of [detr(), rtdetr(), dfine(), deim(), deimRtdetr(), deimv2(), deimv2Lite()])
      expect(checkRecipe(recipe, detector)).toEqual([]);
  });

  const many: Recipe['assigner'] = { ...detr().assigner, cardinality: 'one-to-many', slots: 2 };
  it.each<[string, Recipe, string[]]>([
    ['local losses without the union', compose(deim(), matching('each')), ['warning matching']],
    ['one-to-many without suppression', { ...detr(), assigner: many }, ['error suppression']],
    [
      'a union of many targets a candidate',
      { ...dfine(), assigner: many, suppression: { kind: 'nms', iou: 0.7, preCount: 1000, count: 300 } },
      ['warning matching'],
    ],
    [
      'NMS after one-to-one',
      { ...detr(), suppression: { kind: 'nms', iou: 0.7, preCount: 1000, count: 300 } },
      ['warning suppression'],
    ],
    ['sampled normaliser', { ...detr(), normalizer: 'sampled' }, ['warning normalizer']],
    ['no class loss', { ...detr(), losses: [{ weight: 1, loss: l1() }] }, ['error losses']],
    ['no box loss', { ...detr(), losses: [{ weight: 1, loss: mal() }] }, ['warning losses']],
    ['a loss twice', { ...detr(), losses: [...detr().losses, { weight: 1, loss: giou() }] }, ['error losses']],
    [
      'a weight that is no number',
      { ...detr(), losses: [{ weight: Number.NaN, loss: mal() }, ...detr().losses.slice(1)] },
      ['error losses'],
    ],
    ['most queries known', deim({ denoising: { count: 400 } }), ['warning knownQueries']],
  ])('%s', (_, recipe, expected) => {
    expect(fields(recipe)).toEqual(expected);
    for (const problem of checkRecipe(recipe, detector)) expect(problem.fix.length).toBeGreaterThan(10);
  });

  it('knows what the detector and the data allow', () => {
    expect(fields(deim(), { maxTargets: 301 })).toEqual(['error assigner']);
    expect(fields(dfine(), {}, { ...detector, outputs: { layers: 1, pre: true, encoder: true } })).toEqual([
      'error losses',
    ]);
    const outputs = { layers: 3, pre: false, encoder: true, distributions: false };
    const plain = { ...detector, name: 'rtdetrv2-r18', outputs };
    for (const recipe of [rtdetr(), deimRtdetr()]) expect(checkRecipe(recipe, plain)).toEqual([]);
    for (const recipe of [dfine(), deim()])
      expect(checkRecipe(recipe, plain)).toMatchObject([
        { severity: 'error', field: 'losses', seen: expect.stringMatching(/fgl and ddf for 'rtdetrv2-r18'/) },
      ]);
    const { outputs: _, ...silent } = detector;
    expect(fields(detr(), {}, silent)).toEqual(['error detector']);
    const staged = { ...detr(), proposals: { assigner: detr().assigner, losses: detr().losses } };
    expect(fields(staged, {}, { ...detector, outputs: { layers: 3, pre: false, encoder: false } })).toEqual([
      'error proposals',
    ]);
  });

  it('lists errors first', () => {
    const recipe: Recipe = { ...compose(deim(), matching('each')), assigner: many };
    expect(fields(recipe)).toEqual(['error suppression', 'warning matching']);
  });
});
