import { createRng, type HostTensors } from '@detrain/core';
import { initialise, makePass } from '@detrain/nn';
import { eagerEngine, useEager } from '@detrain/tooling/eager';
import type {} from '@detrain/tooling/setup';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type EngineName } from '../../engine/src/index.ts';
import { relativeL2 } from '../../golden/src/checks.ts';
import { goldenImage, goldenWeights } from '../../golden/src/generate.ts';
import { gradientError, noise } from '../../nn/test/helpers.ts';
import { type Backbone, deploy, dinov3, dla34, normalizeImages, zoo } from '../src/index.ts';
import { type Rotation, rotaryEmbedding, rotate } from '../src/vit-rope.ts';
import { runDetector } from './helpers.ts';

beforeAll(useEager);

const WIDTH = 8;

/** The table of a grid at the published periods. */
const rotationOf = (rows: number, columns: number, prefix = 0): Rotation => {
  const rotary = rotaryEmbedding('rope', WIDTH);
  const state = initialise(rotary.parameters, createRng(0));
  const tensors = Object.fromEntries([...state].map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]));
  return rotary.forward({ rows, columns, prefix }, makePass({ tensors, specs: rotary.parameters }));
};

describe('rotary embedding', () => {
  it('turns a token by its row in the first quarters of each half, by its column in the second', () => {
    const { cos, sin } = rotationOf(2, 4);
    expect(cos.shape).toEqual([1, 8, WIDTH]);
    const angles = Array.from({ length: 8 }, (_, token) => {
      const [y, x] = [2 * ((Math.floor(token / 4) + 0.5) / 2) - 1, 2 * (((token % 4) + 0.5) / 4) - 1];
      // periods 1 and sqrt(100)
      return [y, y / 10, x, x / 10].map((turn) => 2 * Math.PI * turn);
    });
    expect(cos.dataSync()).toBeAllclose(
      angles.flatMap((row) => [...row, ...row].map(Math.cos)),
      { atol: 1e-6 },
    );
    expect(sin.dataSync()).toBeAllclose(
      angles.flatMap((row) => [...row.map((angle) => -Math.sin(angle)), ...row.map(Math.sin)]),
      { atol: 1e-6 },
    );
  });

  it('leaves tokens before the patches as they are, and lengths of all', () => {
    const x = noise<tf.Tensor3D>([2, 3 + 6, WIDTH], 'x');
    const turned = rotate(x, rotationOf(2, 3, 3));
    const first = (t: tf.Tensor3D) => tf.slice(t, [0, 0, 0], [-1, 3, -1]).dataSync();
    expect(first(turned)).toEqual(first(x));
    expect(tf.norm(turned, 2, -1).dataSync()).toBeAllclose(tf.norm(x, 2, -1).dataSync(), { rtol: 1e-5 });
  });

  it('makes products of queries and keys depend on the distance alone', () => {
    const rotation = rotationOf(4, 5);
    const query = noise<tf.Tensor3D>([1, 1, WIDTH], 'q');
    const key = noise<tf.Tensor3D>([1, 1, WIDTH], 'k');
    const products = tf.tidy(() => {
      const everywhere = (x: tf.Tensor3D) => rotate(tf.tile(x, [1, 20, 1]), rotation);
      return tf.matMul(everywhere(query), everywhere(key), false, true).dataSync();
    });
    const at = (from: number, to: number) => products[from * 20 + to] as number;
    const place = (limit: number) => fc.integer({ min: 0, max: limit - 2 });
    fc.assert(
      fc.property(place(4), place(5), place(4), place(5), (y, x, toY, toX) => {
        // both moved by one row and one column
        expect(at(5 * y + x, 5 * toY + toX)).toBeCloseTo(at(5 * (y + 1) + x + 1, 5 * (toY + 1) + toX + 1), 4);
      }),
    );
  });

  it('has the gradient of a rotation', () => {
    const rotation = rotationOf(2, 2, 1);
    expect(gradientError((x) => rotate(x as tf.Tensor3D, rotation), [noise([2, 5, WIDTH], 'x')])).toBeLessThan(1e-2);
  });
});

const backbones: Readonly<Record<string, Backbone>> = {
  'dinov3 on a small transformer': dinov3({ variant: 'vit_tiny', layers: [3, 7, 11], adapter: 16 }),
  // layers after the last one asked for do not run
  'dinov3 on a released transformer': dinov3({
    variant: 'dinov3_vits16plus',
    layers: [0, 1, 2],
    adapter: 64,
    hidden: 256,
  }),
  dla34: dla34(),
};

/** Maps of a training step on one tiny image, and the gradients of their squares' sum. */
const step = async ({ parameters, forward }: Backbone, name: EngineName) => {
  const engine = await createEngine({ engine: name, threads: 2 });
  const training = engine.training({
    name: 'backbone',
    trainable: parameters.filter(({ kind }) => kind === 'trainable').map((spec) => spec.name),
    targets: () => ({}),
    forward: ({ images, ...tensors }) => {
      // running statistics: at one cell a map the batch's own are no measure
      const pass = makePass({ tensors, specs: parameters, training: true, batchStatistics: false });
      const maps = forward(images as tf.Tensor4D, pass);
      return {
        readback: Object.fromEntries(maps.map((map, i) => [`${i}`, map])),
        updates: {},
        loss: () => ({ total: tf.addN(maps.map((map) => tf.mean(tf.square(map)))) as tf.Scalar, terms: {} }),
      };
    },
  });
  const inputs = { ...Object.fromEntries(goldenWeights(parameters)), images: goldenImage('image', [1, 3, 32, 32]) };
  let maps: HostTensors = {};
  try {
    const { gradients } = await training.step(inputs, (seen) => {
      maps = seen;
      return {};
    });
    return { maps, gradients };
  } finally {
    await training.dispose();
    await engine.dispose();
  }
};

describe('compiled and eager', () => {
  for (const [name, backbone] of Object.entries(backbones))
    it(`agree on ${name}`, { timeout: 120_000 }, async () => {
      const [eager, compiled] = [await step(backbone, eagerEngine), await step(backbone, 'compiled')];
      expect(Object.values(eager.maps).map(({ shape }) => shape)).toEqual(
        backbone.channels.map((channels, i) => [1, 32 / backbone.strides[i]!, 32 / backbone.strides[i]!, channels]),
      );
      const close = { atol: 1e-5, rtol: 1e-4 };
      for (const [at, { data }] of Object.entries(eager.maps))
        expect(compiled.maps[at]!.data, at).toBeAllclose(data, close);
      for (const [at, { data }] of Object.entries(eager.gradients))
        expect(relativeL2(compiled.gradients[at]!.data, data), at).toBeLessThan(1e-4);
    });
});

it('the unused bias of keys and the token of hidden patches get no gradient', { timeout: 60_000 }, async () => {
  const { gradients } = await step(backbones['dinov3 on a released transformer']!, 'compiled');
  const bias = gradients['backbone.dinov3.blocks.1.attn.qkv.bias']!.data;
  const zero = (value: number) => value === 0;
  expect(bias.slice(384, 768).every(zero)).toBe(true);
  expect(bias.slice(0, 384).every(zero)).toBe(false);
  expect(gradients['backbone.dinov3.mask_token']!.data.every(zero)).toBe(true);
});

describe('detectors on vision transformers', () => {
  it('normalise images themselves', () => {
    const images = tf.tensor4d([0.485, 0.456, 0.406, 0.714, 0.68, 0.631], [1, 1, 2, 3]);
    const { normalize } = zoo['deimv2-dinov3-s']().config;
    expect(normalizeImages(images, normalize!).dataSync()).toBeAllclose([0, 0, 0, 1, 1, 1], { atol: 1e-6 });
  });

  it('say the same when deployed', { timeout: 120_000 }, async () => {
    const detector = zoo['deimv2-dinov3-s']({ numClasses: 3, numQueries: 20, inputSize: 64 });
    const parameters = goldenWeights(detector.parameters);
    const images = goldenImage('image', [1, 3, 64, 64]);
    const trained = await runDetector(detector, { ...Object.fromEntries(parameters), images });
    const small = deploy(detector, parameters);
    const deployed = await runDetector(small.detector, { ...Object.fromEntries(small.parameters), images });
    expect(deployed['indices']).toEqual(trained['indices']);
    for (const part of ['logits', 'boxes'])
      expect(deployed[`main.layer.0.${part}`]!.data).toBeAllclose(trained[`main.layer.0.${part}`]!.data, {
        atol: 1e-4,
        rtol: 1e-4,
      });
  });
});

describe('errors', () => {
  it('name what is wrong and what to do', () => {
    const backbone = backbones['dinov3 on a small transformer']!;
    const pass = makePass({ tensors: {} });
    expect(() => backbone.forward(tf.zeros([1, 48, 64, 3]), pass)).toThrow(
      '@detrain/models: vit_tiny was given images of 48 x 64. Sides that are multiples of 32 are wanted.',
    );
    expect(() => dinov3({ variant: 'vit_tiny', layers: [3, 7, 12], adapter: 16 })).toThrow(
      'It has layers 0 to 11. Change layers.',
    );
    expect(() => rotaryEmbedding('rope', 6)).toThrow('A multiple of 4 is wanted.');
  });
});
