import { createRng, type HostTensor, type HostTensors } from '@detrain/core';
import { initialise, isInput } from '@detrain/nn';
import type {} from '@detrain/tooling/setup';
import { describe, expect, it } from 'vitest';
import { goldenImage } from '../../golden/src/generate.ts';
import { createDetector, deploy, hgnetv2, type ZooName, zoo } from '../src/index.ts';
import { goldenInputs, pickRows, runDetector } from './helpers.ts';

const small = { numClasses: 4, numQueries: 10 };
const float = (shape: readonly number[], data: ArrayLike<number>): HostTensor => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from(data),
});

/** Random numbers in [-1, 1). */
const noise = (shape: readonly number[], seed: string) => {
  const rng = createRng(seed);
  return float(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.uniform(-1, 1)),
  );
};

const known = (count: number, queries: number, seed: string): HostTensors => ({
  'known.labels': { shape: [2, count], dtype: 'int32', data: Int32Array.from({ length: 2 * count }, (_, i) => i % 5) },
  'known.boxes': noise([2, count, 4], seed),
  'known.mask': float(
    [count + queries, count + queries],
    // The model's own queries do not see the known ones.
    Array.from({ length: (count + queries) ** 2 }, (_, i) => {
      const [row, column] = [Math.floor(i / (count + queries)), i % (count + queries)];
      return row >= count && column < count ? -1e9 : 0;
    }),
  ),
});

describe('detectors', () => {
  const sizes: readonly (readonly [ZooName, number, number])[] = [
    ['deimv2-atto', 64, 96],
    ['deim-dfine-n', 96, 64],
    ['rtdetrv2-r18', 64, 96],
  ];
  for (const [model, height, width] of sizes)
    it(`${model} keeps known queries apart, treats images alone and takes rectangles`, async () => {
      const detector = zoo[model]({ ...small, inputSize: [height, width] });
      const inputs = { ...goldenInputs(detector.parameters), images: goldenImage('image', [2, 3, height, width]) };
      const training = { training: true, batchStatistics: false };
      const plain = await runDetector(detector, inputs, training);
      const helped = await runDetector(detector, { ...inputs, ...known(6, small.numQueries, 'a') }, training);
      for (const [name, tensor] of Object.entries(plain)) {
        expect(tensor.data.every(Number.isFinite), name).toBe(true);
        expect(helped[name]!.data, name).toBeAllclose(tensor.data, { atol: 1e-4 });
      }
      expect(helped['known.layer.0.logits']!.shape).toEqual([2, 6, 4]);
      const queries = known(6, small.numQueries, 'a');
      const { shape, data } = queries['known.mask']!;
      const own = { ...queries['known.mask']!, shape: [6, shape[1]!], data: data.slice(0, 6 * shape[1]!) };
      const apart = await runDetector(detector, { ...inputs, ...queries, 'known.mask': own }, training);
      for (const [name, tensor] of Object.entries(helped))
        expect(apart[name]!.data, name).toBeAllclose(tensor.data, { atol: 1e-5 });
      expect(helped['known.encoder.logits']).toBeUndefined();
      expect(helped['main.encoder.logits']!.shape).toEqual([2, 10, 4]);

      // Images swapped, predictions swapped.
      const half = inputs.images.data.length / 2;
      const swapped = new Float32Array(2 * half);
      swapped.set(inputs.images.data.subarray(half) as Float32Array);
      swapped.set(inputs.images.data.subarray(0, half) as Float32Array, half);
      const turned = await runDetector(detector, { ...inputs, images: { ...inputs.images, data: swapped } }, training);
      const name = `main.layer.${detector.outputs!.layers - 1}.boxes`;
      expect(turned[name]!.data).toBeAllclose(pickRows(plain[name]!.data, [1, 0]), { atol: 1e-4 });

      const evaluated = await runDetector(detector, inputs);
      expect(evaluated['main.layer.0.boxes']!.data).toBeAllclose(plain[name]!.data, { atol: 1e-4 });
      expect(Object.keys(evaluated).filter((key) => key.startsWith('main'))).toHaveLength(
        detector.outputs!.distributions ? 4 : 2,
      );
    });

  const projected = () => {
    const { config } = zoo['dfine-n']({ ...small, inputSize: 64 });
    return createDetector({
      ...config,
      name: 'with input projections and frozen norms',
      backbone: { kind: 'hgnetv2', variant: 'B0', returnIndices: [2, 3], freezeNorm: true, freezeStem: true },
      decoder: { ...config.decoder, dim: 64 },
    });
  };
  for (const make of [() => zoo['deimv2-atto']({ ...small, inputSize: 64 }), projected])
    it(`${make().name} says the same deployed`, async () => {
      const detector = make();
      const inputs = goldenInputs(detector.parameters);
      const images = goldenImage('image', [1, 3, 64, 64]);
      const light = deploy(detector, new Map(Object.entries(inputs)));
      const count = (specs: typeof detector.parameters) => specs.filter(isInput).length;
      expect(light.parameters.size).toBe(count(light.detector.parameters));
      expect(count(light.detector.parameters)).toBeLessThan(0.6 * count(detector.parameters));
      const full = await runDetector(detector, { ...inputs, images });
      const deployed = await runDetector(light.detector, { ...Object.fromEntries(light.parameters), images });
      for (const part of ['logits', 'boxes'])
        expect(deployed[`main.layer.0.${part}`]!.data).toBeAllclose(full[`main.layer.0.${part}`]!.data, { atol: 1e-4 });
    });

  it('start at the published values', () => {
    const { parameters } = zoo['deim-dfine-n']();
    const first = initialise(parameters, createRng(0));
    const all = (name: string) => [...new Set(first.get(name)!.data)];
    expect(all('decoder.dec_score_head.1.bias')[0]).toBeCloseTo(-Math.log(99), 5);
    for (const head of ['enc_bbox_head', 'pre_bbox_head', 'dec_bbox_head.2']) {
      expect(all(`decoder.${head}.layers.2.weight`)).toEqual([0]);
      expect(all(`decoder.${head}.layers.2.bias`)).toEqual([0]);
    }
    expect(all('decoder.decoder.layers.0.gateway.gate.weight')).toEqual([0]);
    expect(all('decoder.decoder.lqe_layers.0.reg_conf.layers.1.weight')).toEqual([0]);
    expect(all('decoder.decoder.layers.0.cross_attn.attention_weights.weight')).toEqual([0]);
    expect(all('decoder.up')).toEqual([0.5]);
    const embedding = first.get('decoder.denoising_class_embed.weight')!;
    expect([...new Set(embedding.data.slice(-128))]).toEqual([0]);
  });

  it('explain what is wrong', async () => {
    const detector = zoo['deimv2-atto']({ numClasses: 2, numQueries: 100, inputSize: 64 });
    const inputs = { ...goldenInputs(detector.parameters), images: goldenImage('image', [1, 3, 64, 64]) };
    await expect(runDetector(detector, inputs)).rejects.toThrow('20 tokens for 100 queries');
    expect(() => hgnetv2('Atto', { returnIndices: [3] })).toThrow('It has stages 0 to 2');
    expect(() => deploy(detector, new Map())).toThrow('no tensor');
    const deployed = createDetector({ ...detector.config, numQueries: 10, deployed: true });
    const light = deploy(detector, new Map(Object.entries(goldenInputs(detector.parameters))));
    const asked = runDetector(
      deployed,
      { ...Object.fromEntries(light.parameters), images: inputs.images },
      { training: true },
    );
    await expect(asked).rejects.toThrow('no training heads');
  });

  it('have JSON options that build the same model again', () => {
    for (const make of Object.values(zoo)) {
      const detector = make({ numClasses: 3 });
      const again = createDetector(JSON.parse(JSON.stringify(detector.options)));
      expect(again.parameters.map(({ name, shape, kind }) => `${name} ${shape} ${kind}`)).toEqual(
        detector.parameters.map(({ name, shape, kind }) => `${name} ${shape} ${kind}`),
      );
    }
  });
});
