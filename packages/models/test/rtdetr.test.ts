import { createRng } from '@detrain/core';
import { initialise, isInput } from '@detrain/nn';
import type {} from '@detrain/tooling/setup';
import { describe, expect, it } from 'vitest';
import { goldenImage } from '../../golden/src/generate.ts';
import { findNorm } from '../src/deploy.ts';
import { createDetector, type DetectorConfig, deploy, presnet, zoo } from '../src/index.ts';
import { goldenInputs, runDetector } from './helpers.ts';

/** Small, and with every name and option that only some published models have. */
const tiny: DetectorConfig = {
  name: 'tiny RT-DETR',
  numClasses: 4,
  numQueries: 10,
  inputSize: [64, 96],
  backbone: { kind: 'hgnetv2', variant: 'B0', freezeStem: true, freezeNorm: true, naming: 'rtdetr' },
  encoder: {
    kind: 'hybrid',
    generation: 'rtdetr',
    hidden: 32,
    feedForward: 64,
    expansion: 0.5,
    depth: 1,
    attentionLayers: 2,
    numberedProjections: true,
  },
  decoder: { kind: 'rtdetr', dim: 64, feedForward: 64, layers: 3, evalLayer: 1, points: [4, 4, 4], version: 'v1' },
};
const images = goldenImage('image', [1, 3, 64, 96]);
const size = { numClasses: 4, numQueries: 10, inputSize: [64, 96] } as const;
const names = (detector: { readonly parameters: readonly { readonly name: string }[] }) =>
  detector.parameters.map(({ name }) => name);

describe('RT-DETR', () => {
  it('predicts with the layer that counts, not with the last', async () => {
    const detector = createDetector(tiny);
    const inputs = { ...goldenInputs(detector.parameters), images };
    const trained = await runDetector(detector, inputs, { training: true, batchStatistics: false });
    const evaluated = await runDetector(detector, inputs);
    for (const part of ['logits', 'boxes']) {
      const ours = evaluated[`main.layer.0.${part}`]!.data;
      expect(ours).toBeAllclose(trained[`main.layer.1.${part}`]!.data, { atol: 1e-5 });
      expect(ours).not.toBeAllclose(trained[`main.layer.2.${part}`]!.data, { atol: 1e-2 });
    }
    expect(trained['main.pre.boxes']).toBeUndefined();
    expect(trained['main.layer.2.corners']).toBeUndefined();
  });

  for (const detector of [createDetector(tiny), zoo['rtdetrv2-r18'](size)])
    it(`${detector.name} says the same deployed`, async () => {
      const inputs = goldenInputs(detector.parameters);
      const light = deploy(detector, new Map(Object.entries(inputs)));
      expect([...light.parameters.keys()].sort()).toEqual(
        light.detector.parameters.flatMap((spec) => (isInput(spec) ? [spec.name] : [])).sort(),
      );
      expect(
        names(light.detector).filter((name) => /running_|\.norm\.bn|denoising|bottlenecks\.0\.conv1/.test(name)),
      ).toEqual([]);
      const full = await runDetector(detector, { ...inputs, images });
      const deployed = await runDetector(light.detector, { ...Object.fromEntries(light.parameters), images });
      for (const part of ['logits', 'boxes'])
        expect(deployed[`main.layer.0.${part}`]!.data).toBeAllclose(full[`main.layer.0.${part}`]!.data, { atol: 1e-4 });
    });

  it('knows the batch norm of every convolution of a ResNet', () => {
    for (const depth of [18, 50] as const) {
      const all = new Set(names(presnet(depth)));
      const convolutions = [...all].flatMap((name) => /^(.*\.conv)\.weight$/.exec(name)?.[1] ?? []);
      expect(convolutions.length).toBeGreaterThan(20);
      for (const conv of convolutions) expect(findNorm(all, conv)).toBe(conv.replace(/conv$/, 'norm'));
    }
  });

  it('leaves the layers after the one that counts out of a deployed model', () => {
    const deployed = names(createDetector({ ...tiny, deployed: true }));
    expect(deployed.some((name) => name.startsWith('decoder.decoder.layers.1.'))).toBe(true);
    expect(deployed.filter((name) => /(layers|dec_bbox_head)\.2\.(self|layers)/.test(name))).toEqual([]);
    expect(deployed.filter((name) => name.startsWith('decoder.dec_score_head'))).toEqual([
      'decoder.dec_score_head.1.weight',
      'decoder.dec_score_head.1.bias',
    ]);
  });

  it('samples discretely without learning where, and counts points as asked', () => {
    const discrete = zoo['rtdetrv2-r18']({ ...size, sampling: 'discrete' }).parameters;
    const offsets = discrete.filter(({ name }) => name.includes('sampling_offsets'));
    expect(offsets).toHaveLength(6);
    expect(new Set(offsets.map(({ kind }) => kind))).toEqual(new Set(['frozen']));
    const [bias] = zoo['rtdetrv2-r18']({ ...size, points: 2 }).parameters.filter(({ name }) =>
      name.endsWith('sampling_offsets.bias'),
    );
    expect(bias!.shape).toEqual([8 * 3 * 2 * 2]);
  });

  it('freezes what was published frozen', () => {
    const kinds = (prefix: string, ...parts: Parameters<typeof presnet>) =>
      new Set(
        presnet(...parts).parameters.flatMap(({ name, kind }) => (name.startsWith(`backbone.${prefix}`) ? [kind] : [])),
      );
    expect(kinds('', 18)).toEqual(new Set(['trainable', 'statistic', 'counter']));
    expect(kinds('conv1', 18, { freezeAt: 0 })).toEqual(new Set(['frozen', 'statistic', 'counter']));
    expect(kinds('res_layers.0', 18, { freezeAt: 0 }).has('trainable')).toBe(true);
    expect(kinds('res_layers.0', 18, { freezeAt: 1 }).has('trainable')).toBe(false);
    expect(kinds('res_layers.1', 18, { freezeAt: 1 }).has('trainable')).toBe(true);
    expect(kinds('', 18, { freezeNorm: true })).toEqual(new Set(['trainable', 'frozen']));
  });

  it('starts at the published values', () => {
    const detector = zoo['rtdetrv2-r18'](size);
    const first = initialise(detector.parameters, createRng(0));
    const all = (name: string) => [...new Set(first.get(`decoder.${name}`)!.data)];
    expect(all('dec_score_head.2.bias')[0]).toBeCloseTo(-Math.log(99), 5);
    for (const head of ['enc_bbox_head', 'dec_bbox_head.0']) expect(all(`${head}.layers.2.weight`)).toEqual([0]);
    for (const part of ['value_proj', 'output_proj'])
      expect(all(`decoder.layers.0.cross_attn.${part}.bias`)).toEqual([0]);
    // Glorot's bound for 256 and 1024, against PyTorch's default in the first version
    const largest = (specs: typeof detector.parameters) => {
      const spec = specs.find(({ name }) => name === 'decoder.decoder.layers.0.linear1.weight');
      return spec!.init(createRng(0)).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    };
    expect(largest(detector.parameters)).toBeCloseTo(Math.sqrt(6 / 1280), 4);
    expect(largest(zoo['rtdetr-r18'](size).parameters)).toBeCloseTo(1 / 16, 4);
  });

  it('explains what is wrong', () => {
    const decoder = { ...tiny.decoder, evalLayer: 3 } as DetectorConfig['decoder'];
    expect(() => createDetector({ ...tiny, decoder })).toThrow('evalLayer 3 of a decoder with 3 layers');
    expect(() => presnet(18, { returnIndices: [4] })).toThrow('ResNet 18 was asked for stage 4');
  });
});
