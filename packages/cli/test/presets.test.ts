import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inWindow, type Window } from '@detrain/augment';
import type { Detector, Recipe } from '@detrain/core/tensors';
import { zoo } from '@detrain/models';
import { checkRecipe, describeRecipe } from '@detrain/recipes';
import type {} from '@detrain/tooling/setup';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config/load.ts';
import { checkedConfig } from '../src/config/problems.ts';
import { type ResolvedConfig, resolveConfig, withOverrides } from '../src/config/resolve.ts';
import { buildDetector } from '../src/run/model.ts';
import { recipeOf } from '../src/run/recipe.ts';
import { emaOf, optimizerOf, scheduleOf } from '../src/run/settings.ts';
import { groupsOf, presetOf, publishedConfigs } from './published-configs.ts';
import { type Common, DENSE, STANDARD } from './published-runs.ts';

const folder = fileURLToPath(new URL('../../../configs', import.meta.url));
/** Those of a published configuration; `bccd-*` are runs of our own. */
const presets = readdirSync(folder)
  .map((file) => path.basename(file, '.ts'))
  .filter((name) => !name.startsWith('bccd-'));

const read = async (name: string, smoke: boolean): Promise<ResolvedConfig> => {
  const file = await loadConfig(path.join(folder, `${name}.ts`), { smoke });
  return resolveConfig(checkedConfig(withOverrides(file, {}), name));
};

const known = new Map<string, Promise<ResolvedConfig>>();
/** What `detrain train configs/NAME.ts --smoke` makes of a preset before it touches data. */
const resolved = (name: string): Promise<ResolvedConfig> => {
  const config = known.get(name) ?? read(name, true);
  known.set(name, config);
  return config;
};

const detectorOf = ({ model, inputSize }: ResolvedConfig, numClasses: number): Detector =>
  buildDetector(model, { numClasses, classes: Array.from({ length: numClasses }, (_, i) => `c${i}`), inputSize });

const recipeFor = (config: ResolvedConfig, detector: Detector) =>
  recipeOf(config, detector, {
    numClasses: detector.numClasses,
    classes: [],
    inputSize: config.inputSize,
    epochs: config.epochs,
    batchSize: config.batchSize,
    stepsPerEpoch: 1,
    smoke: true,
  });

interface Described {
  readonly name: string;
  readonly options: Record<string, unknown>;
}

/** The augmentations that may act in an epoch, those inside others too. */
const acting = (list: readonly Described[], moment: { epoch: number; progress: number }): readonly Described[] =>
  list.flatMap((each) => {
    const { name, options } = each;
    if (name === 'during' && !inWindow(options['window'] as Window, moment)) return [];
    if (name === 'sometimes' && options['probability'] === 0) return [];
    const inner = [options['member'], options['otherwise'], ...((options['members'] as unknown[] | undefined) ?? [])];
    return [each, ...acting(inner.filter((member) => member !== undefined) as Described[], moment)];
  });

describe.each(presets)('%s', (name) => {
  it('resolves, for a model of the zoo that its recipe fits', async () => {
    const config = await resolved(name);
    const detector = detectorOf(config, 3);
    const recipe = recipeFor(config, detector);
    expect(Object.keys(zoo)).toContain(detector.name);
    expect(detector.numClasses).toBe(3);
    expect(config.name).toBe(name);
    expect(checkRecipe(recipe, detector, { maxTargets: 60 })).toEqual([]);
    expect(checkRecipe(recipe, detectorOf(config, 1))).toEqual([]);
    expect(detector.numQueries).toBeGreaterThanOrEqual(
      recipe.suppression.kind === 'top-k' ? recipe.suppression.count : 0,
    );
    expect((await read(name, false)).epochs).toBe(config.epochs);
  });
});

describe('the published configurations', () => {
  const published = publishedConfigs();
  beforeEach((context) => {
    if (!published) context.skip('skipped: no reference data');
  });
  const mapped = (published ?? []).map((entry) => ({ entry, preset: presetOf(entry) }));

  it('have a preset each, or a reason', () => {
    expect(mapped.filter(({ preset }) => preset === null).map(({ entry }) => entry.config)).toEqual([]);
    const named = new Set(mapped.flatMap(({ preset }) => (typeof preset === 'string' ? [preset] : [])));
    expect([...named].sort()).toEqual([...presets].sort());
    for (const { entry, preset } of mapped) if (entry.error) expect(preset).toHaveProperty('none');
  });

  it.each(mapped.flatMap(({ entry, preset }) => (typeof preset === 'string' ? [{ ...entry, preset }] : [])))(
    '$repo/$config: $preset has its optimizer groups',
    async (entry) => {
      const config = await resolved(entry.preset);
      const detector = detectorOf(config, entry.num_classes);
      const trainable = detector.parameters.filter((p) => p.kind === 'trainable' && p.sharedWith === undefined);
      const elements = new Map(trainable.map(({ name, shape }) => [name, shape.reduce((a, b) => a * b, 1)]));
      const count = (names: readonly string[]) => names.reduce((sum, each) => sum + (elements.get(each) ?? 0), 0);
      expect(count([...elements.keys()])).toBe(entry.trainable_params);
      const { groups } = optimizerOf(detector, config);
      const official = entry.param_groups;
      expect(
        groups.map(({ names, learningRate, weightDecay }) => ({
          lr: learningRate,
          weight_decay: weightDecay,
          tensors: names.length,
          elements: count(names),
        })),
      ).toEqual(official.map(({ lr, weight_decay, tensors, elements }) => ({ lr, weight_decay, tensors, elements })));
      const indices = groupsOf(entry);
      groups.forEach(({ names }, index) => {
        for (const each of names) expect(indices[each], each).toBe(index);
      });
    },
  );
});

/** Whether an augmentation is one of a name, or a sequence with it. */
const holds = ({ name, options }: Described, wanted: string): boolean =>
  name === wanted || ((options['members'] as Described[] | undefined) ?? []).some((each) => holds(each, wanted));

const STEPS = 1000;

const common = async (name: string, [epochs, batch, , warmup, ema]: Common) => {
  const config = await resolved(name);
  expect([config.epochs, config.batchSize, config.optimizer.clip]).toEqual([epochs, batch, 0.1]);
  expect(emaOf(config, STEPS * epochs)).toEqual({ decay: 0.9999, warmups: ema });
  const rate = scheduleOf(config, STEPS * epochs);
  expect(rate(warmup)).toBe(1);
  const { augmentations, batchAugmentations, assigner } = describeRecipe(config.recipe as Recipe);
  const at = (epoch: number) => {
    const list = acting([...augmentations, ...batchAugmentations] as Described[], { epoch, progress: epoch / epochs });
    return {
      has: (each: string) => list.some((found) => found.name === each),
      /** An option of the first augmentation of a name. */
      option: (each: string, key: string) => list.find((found) => found.name === each)?.options[key] ?? null,
      /** Probability of an augmentation by what holds it. */
      chance: (each: string) =>
        list.find(({ name, options }) => name === 'sometimes' && holds(options['member'] as Described, each))?.options[
          'probability'
        ],
    };
  };
  return { config, rate, at, assigner };
};

const STRONG = ['photometric-distort', 'zoom-out', 'iou-crop'];

describe('schedules', () => {
  it('are tested for every preset', () => {
    expect([...Object.keys(DENSE), ...Object.keys(STANDARD)].sort()).toEqual([...presets].sort());
  });

  it.each(Object.entries(DENSE))('%s', async (name, facts) => {
    const [epochs, , scales, warmup, , [dense, standard, plain], restart, floor, matcher, copies = 0] = facts;
    const { config, rate, at, assigner } = await common(name, facts.slice(0, 5) as unknown as Common);
    for (let epoch = 0; epoch < epochs; epoch++) {
      const now = at(epoch);
      expect(now.has('mosaic'), `mosaic in ${epoch}`).toBe(dense <= epoch && epoch < standard);
      const mixes = dense <= epoch && epoch < standard && !/atto|femto|pico/.test(name);
      expect(now.has('mixup'), `mixup in ${epoch}`).toBe(mixes);
      for (const each of STRONG) expect(now.has(each), `${each} in ${epoch}`).toBe(dense <= epoch && epoch < plain);
      expect(now.has('copy-blend'), `copies in ${epoch}`).toBe(dense <= epoch && epoch < copies);
      const repeats = now.option('multi-scale', 'repeat');
      expect(repeats, `sizes in ${epoch}`).toBe(epoch < plain ? scales : null);
    }
    expect([config.emaRestart, Math.round(config.emaRestartAt * epochs)]).toEqual(['official-noop', restart]);
    if (warmup) expect(rate(warmup / 2)).toBe(0.25);
    expect([rate(STEPS * standard), rate(STEPS * restart)]).toBeAllclose([1, floor]);
    expect(rate((STEPS * (standard + restart)) / 2)).toBeCloseTo((1 + floor) / 2);
    expect(rate(STEPS * epochs - 1)).toBe(floor);
    const change = (assigner.options['at'] as { progress: number } | undefined)?.progress;
    expect(change === undefined ? undefined : change * epochs).toBe(matcher);
  });

  it.each(Object.entries(STANDARD))('%s', async (name, facts) => {
    const [epochs, , scales, warmup, , plain, restarts] = facts;
    const { config, rate, at } = await common(name, facts.slice(0, 5) as unknown as Common);
    for (let epoch = 0; epoch < epochs; epoch++) {
      const now = at(epoch);
      const strong = epoch < (plain ?? epochs);
      for (const each of STRONG) expect(now.has(each), `${each} in ${epoch}`).toBe(strong);
      expect(now.option('multi-scale', 'repeat'), `sizes in ${epoch}`).toBe(strong ? scales : null);
      for (const each of ['mosaic', 'mixup', 'copy-blend']) expect(now.has(each)).toBe(false);
    }
    expect(config.emaRestart).toBe(restarts ? 'official-noop' : 'off');
    if (restarts) expect(Math.round(config.emaRestartAt * epochs)).toBe(plain);
    if (warmup) expect([rate(0), rate(warmup / 2 - 1)]).toBeAllclose([1 / warmup, 0.5]);
    expect(rate(STEPS * epochs - 1)).toBe(1);
  });

  it.each([
    ['deimv2-atto', 12, 0.3, undefined],
    ['deimv2-femto', 10, 0.5, undefined],
    ['deimv2-pico', 8, 0.5, undefined],
    ['deimv2-n', 1, 0.5, 0.4],
    ['deimv2-s', 1, 0.5, 0.5],
    ['deim-dfine-n', 1, 0.5, undefined],
  ] as const)(
    '%s drops boxes below %d pixels, with mosaics at %d and copies at %s',
    async (name, minSize, mosaic, copies) => {
      const { at } = await common(name, (DENSE[name] as (typeof DENSE)[string]).slice(0, 5) as unknown as Common);
      const dense = at(10);
      expect(dense.option('sanitize', 'minSize')).toBe(minSize);
      expect(dense.chance('mosaic')).toBe(mosaic);
      expect(dense.chance('copy-blend')).toBe(copies);
    },
  );
});
