import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { zoo } from '@detrain/models';
import type {} from '@detrain/tooling/setup';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config/load.ts';
import { checkedConfig, configProblems } from '../src/config/problems.ts';
import { resolveConfig, withOverrides } from '../src/config/resolve.ts';
import { emaOf, optimizerOf, scheduleOf } from '../src/run/settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'detrain-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const load = (text: string, smoke = false) => {
  const file = path.join(folder, 'detrain.config.ts');
  writeFileSync(file, text);
  return loadConfig(file, { smoke });
};

describe('configProblems', () => {
  it('lists everything that is wrong at once, with path, value and fix', () => {
    const problems = configProblems({
      epochs: 0,
      batchsize: 8,
      inputSize: 300,
      optimizer: { learningRate: 'fast', lr: 1, groups: [{ match: 'backbone' }] },
      ema: { decay: 2 },
      engine: 'gpu',
      recipe: 'deim',
    });
    expect(problems).toMatchInlineSnapshot(`
      [
        {
          "fix": "use a recipe, such as compose(deim(), denseO2O()), or a function that gives one",
          "path": "recipe",
          "value": ""deim"",
        },
        {
          "fix": "use a whole number from 1, such as 60",
          "path": "epochs",
          "value": "0",
        },
        {
          "fix": "use a multiple of 32 pixels, such as 320",
          "path": "inputSize",
          "value": "300",
        },
        {
          "fix": "use a number from 0, such as 0.0008",
          "path": "optimizer.learningRate",
          "value": ""fast"",
        },
        {
          "fix": "use a regular expression, such as /^backbone\\./",
          "path": "optimizer.groups.0.match",
          "value": ""backbone"",
        },
        {
          "fix": "no such option; there are learningRate, backboneLearningRate, weightDecay, betas, epsilon, clip, groups, layerDecay",
          "path": "optimizer.lr",
          "value": "1",
        },
        {
          "fix": "use a number from 0 below 1, such as 0.9999",
          "path": "ema.decay",
          "value": "2",
        },
        {
          "fix": "use one of auto, compiled, cpu, tfjs-node, tfjs-node-gpu",
          "path": "engine",
          "value": ""gpu"",
        },
        {
          "fix": "no such option; did you mean batchSize?",
          "path": "batchsize",
          "value": "8",
        },
      ]
    `);
  });

  it('checks what fine-tuning is told', () => {
    const problems = configProblems({
      weights: { file: 'x.pth', classes: 'cocoa', part: true },
      freeze: ['backbone', 3],
      batchNorm: 'frozen',
      optimizer: { layerDecay: 2 },
    });
    expect(problems.map(({ path, fix }) => `${path}: ${fix}`)).toEqual([
      'optimizer.layerDecay: use a number above 0 to 1, such as 0.8',
      "weights.classes: use 'coco', 'objects365' or a list of names, one a row",
      'weights.part: no such option; did you mean partial?',
      "freeze.1: use 'norms', a part such as 'backbone', or a pattern",
      'batchNorm: use one of batch, running',
    ]);
    const fine = { freeze: ['norms', /^encoder/], weights: { file: 'x.onnx', classes: ['cat', null] } };
    expect(configProblems({ ...fine, batchNorm: 'running', optimizer: { layerDecay: 0.8 } })).toEqual([]);
  });

  it('finds nothing wrong with an empty config, and says what a config is', () => {
    expect(configProblems({})).toEqual([]);
    expect(configProblems({ model: { name: 'deimv2-atto', queries: 3 } })[0]).toMatchObject({
      path: 'model.queries',
      fix: expect.stringMatching(/did you mean numQueries|there are name, numQueries/),
    });
    expect(configProblems(3)[0]?.fix).toMatch(/defineConfig/);
    expect(() => checkedConfig({ epoch: 3 }, 'x.ts')).toThrow(
      'x.ts has 1 problem:\n  epoch is 3: no such option; did you mean epochs?',
    );
  });
});

describe('loadConfig', () => {
  it('loads TypeScript that imports packages which are not installed beside it', async () => {
    const config = await load(
      `
      import { defineConfig } from '@detrain/cli';
      import { deimv2Lite } from '@detrain/recipes';
      import type { Recipe } from '@detrain/core/tensors';
      const recipe: Recipe = deimv2Lite();
      export default defineConfig(({ smoke }) => ({ epochs: smoke ? 1 : 50, recipe }));`,
      true,
    );
    expect(config.epochs).toBe(1);
    expect(config.recipe).toMatchObject({ name: 'deimv2-atto' });
  });

  it('says what a file lacks', async () => {
    await expect(load('export default { epochs: -1 };')).rejects.toThrow(
      /detrain.config.ts has 1 problem:\n {2}epochs is -1/,
    );
    await expect(load('export default {')).rejects.toThrow(/detrain.config.ts cannot be loaded/);
  });

  it.each(['deim-dfine-n', 'deimv2-atto', 'deimv2-femto', 'deimv2-pico', 'bccd-atto', 'bccd-atto-finetune'])(
    'reads the preset %s',
    async (name) => {
      const file = fileURLToPath(new URL(`../../../configs/${name}.ts`, import.meta.url));
      const config = resolveConfig(await loadConfig(file, { smoke: false }));
      expect(config.epochs).toBeGreaterThan(0);
      expect(config.recipe).toBeDefined();
    },
  );
});

describe('resolveConfig', () => {
  it('has a default for everything, scaled from what was published', () => {
    const config = resolveConfig({});
    expect(config).toMatchObject({
      model: 'deimv2-atto',
      inputSize: [320, 320],
      batchSize: 8,
      epochs: 60,
      seed: 0,
      out: 'runs',
    });
    expect(config.optimizer.learningRate).toBeCloseTo(2e-3 / 4);
    expect(resolveConfig({ model: 'deim-dfine-n' }).inputSize).toEqual([640, 640]);
    expect(resolveConfig({ model: { name: 'deimv2-femto', numQueries: 60 } })).toMatchObject({
      name: 'deimv2-femto',
      inputSize: [416, 416],
    });
  });

  it('puts the command line above the file; a new rate takes the backbone along', () => {
    const file = {
      epochs: 10,
      data: { path: 'a', val: 'test' },
      optimizer: {
        learningRate: 1,
        backboneLearningRate: 0.1,
        groups: [{ match: /x/, learningRate: 0.5 }, { match: /y/ }],
      },
    };
    const config = resolveConfig(withOverrides(file, { data: 'b', lr: 2, batch: 4 }));
    expect(config).toMatchObject({ epochs: 10, batchSize: 4, data: { path: 'b', val: 'test' } });
    expect(config.optimizer).toMatchObject({
      learningRate: 2,
      backboneLearningRate: 0.2,
      groups: [{ match: /x/, learningRate: 1 }, { match: /y/ }],
    });
  });

  it("takes the command line's weights with what it says of them, and drops what the file said of others", () => {
    const file = { weights: { file: 'a.pth', classes: 'coco', partial: true } } as const;
    const weightsOf = (
      flags: Parameters<typeof withOverrides>[1],
      config: Parameters<typeof withOverrides>[0] = file,
    ) => resolveConfig(withOverrides(config, flags)).weights;
    expect(weightsOf({})).toEqual(file.weights);
    expect(weightsOf({ weights: 'b.onnx' })).toEqual({ file: 'b.onnx' });
    expect(weightsOf({ weightsClasses: 'objects365' })).toEqual({ ...file.weights, classes: 'objects365' });
    expect(weightsOf({ weights: 'b.onnx', partial: true }, { weights: 'a.pth' })).toEqual({
      file: 'b.onnx',
      partial: true,
    });
    expect(weightsOf({}, { weights: 'a.pth' })).toEqual({ file: 'a.pth' });
    expect(weightsOf({}, {})).toBeNull();
    expect(() => weightsOf({ partial: true }, {})).toThrow(/--partial say how to read weights\. Name them/);
  });

  it('multiplies the rates of each group by the decay of its depth', () => {
    const config = resolveConfig({ optimizer: { learningRate: 1, backboneLearningRate: 0.5, layerDecay: 0.5 } });
    const detector = zoo['deimv2-atto']();
    const groups = optimizerOf(detector, config).groups;
    const rateOf = (name: string) => groups.find(({ names }) => names.includes(name))?.learningRate;
    // Heads, three decoder layers, encoder, three stages, stem.
    expect(rateOf('decoder.enc_score_head.weight')).toBe(1);
    expect(rateOf('decoder.decoder.layers.2.swish_ffn.w3.weight')).toBe(0.5);
    expect(rateOf('decoder.decoder.layers.0.swish_ffn.w3.weight')).toBe(0.125);
    expect(rateOf('encoder.input_proj.0.conv.weight')).toBe(0.5 ** 4);
    expect(rateOf('backbone.stages.0.blocks.0.layers.0.conv.weight')).toBe(0.5 * 0.5 ** 7);
    expect(rateOf('backbone.stem.stem1.conv.weight')).toBe(0.5 * 0.5 ** 8);
    expect(groups.at(-1)?.learningRate).toBe(1);
  });

  it('counts spans below 1 as shares of the run', () => {
    const rate = scheduleOf({ schedule: { warmup: 0.1, flat: 0.5, tail: 0.2, floor: 0.5 } }, 1000);
    expect([0, 50, 100, 500, 800, 999].map((step) => rate(step))).toBeAllclose([0, 0.25, 1, 1, 0.5, 0.5]);
    const steps = scheduleOf({ schedule: { kind: 'constant', warmup: 200 } }, 1000);
    expect([0, 100, 200, 999].map((step) => steps(step))).toBeAllclose([0, 0.25, 1, 1]);
    const linear = scheduleOf({ schedule: { kind: 'linear-warmup', warmup: 0.2 } }, 1000);
    expect([0, 99, 199, 999].map((step) => linear(step))).toBeAllclose([1 / 200, 0.5, 1, 1]);
  });

  it('never warms up for most of a short run, and averages over a share of it', () => {
    const rate = scheduleOf({ schedule: {} }, 100);
    expect(rate(5)).toBe(1);
    expect(emaOf({ ema: {} }, 1e6)).toEqual({ decay: 0.9999, warmups: 1000 });
    expect(emaOf({ ema: {} }, 1000)?.decay).toBeCloseTo(0.98);
    expect(emaOf({ ema: false }, 1000)).toBeNull();
  });
});
