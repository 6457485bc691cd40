import { createRng } from '@detrain/core';
import { useEager } from '@detrain/tooling/eager';
import type {} from '@detrain/tooling/setup';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { goldenWeight, keepsItsValue } from '../../golden/src/generate.ts';
import {
  deformableAttention,
  makePass,
  positionEmbedding2d,
  sampleBilinear,
  sampledLevels,
  splitHeads,
  type WeightedPoints,
} from '../src/index.ts';
import { openReference } from './reference.ts';

beforeAll(useEager);

type Size = readonly [height: number, width: number];

describe('deformable attention against the official code', () => {
  it('samples and differentiates', (ctx) => {
    const reference = openReference(ctx, 'functions', 'deformable_attention');
    const sizes = reference.meta['spatial_shapes_hw'] as Size[];
    const points = reference.meta['num_points'] as number[];
    const tensor = (name: string) => tf.tensor(reference.floats(name), [...reference.shape(name)]);
    const [batch, queries, heads, count] = reference.shape('loc') as [number, number, number, number];
    const channels = reference.shape('value')[3]!;
    const rows = (x: tf.Tensor) => tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch * heads, -1, x.shape[3]!]);
    const f = (value: tf.Tensor, location: tf.Tensor, weight: tf.Tensor) => {
      const [x, y] = [0, 1].map((axis) =>
        rows(tf.reshape(tf.slice(location, [0, 0, 0, 0, axis], [-1, -1, -1, -1, 1]), [batch, queries, heads, count])),
      ) as [tf.Tensor, tf.Tensor];
      let token = 0;
      const maps = sizes.map(([height, width]) => {
        const tokens = tf.slice(rows(value), [0, token, 0], [-1, height * width, -1]) as tf.Tensor3D;
        token += height * width;
        return { height, width, tokens };
      });
      const perPoint = (axis: number) => {
        const sides = sizes.flatMap((size, l) => Array.from({ length: points[l]! }, () => size[axis]!));
        return tf.tensor3d(sides, [1, 1, count]);
      };
      const pixels = (t: tf.Tensor, axis: number) => tf.sub(tf.mul(t, perPoint(axis)), 0.5) as tf.Tensor3D;
      const at: WeightedPoints = { x: pixels(x, 1), y: pixels(y, 0), weight: rows(weight) as tf.Tensor3D };
      const sampled = sampleBilinear(sampledLevels(maps), points, at);
      const out = tf.reshape(sampled, [batch, heads, queries, channels]);
      return tf.reshape(tf.transpose(out, [0, 2, 1, 3]), [batch, queries, heads * channels]);
    };
    const inputs = [tensor('value'), tensor('loc'), tensor('att')];
    const { value, grads } = tf.valueAndGrads((...t) => tf.sum(tf.mul(f(t[0]!, t[1]!, t[2]!), tensor('G'))))(inputs);
    expect(f(inputs[0]!, inputs[1]!, inputs[2]!).dataSync()).toBeAllclose(reference.floats('default.out'), {
      atol: 1e-5,
    });
    expect(Number.isFinite(value.dataSync()[0])).toBe(true);
    for (const [i, name] of ['grad_value', 'grad_loc', 'grad_att'].entries())
      expect(grads[i]!.dataSync()).toBeAllclose(reference.floats(`default.${name}`), { atol: 2e-5, rtol: 1e-4 });
  });

  it('as a module', (ctx) => {
    const reference = openReference(ctx, 'functions', 'deformable_attention');
    const sizes = reference.meta['spatial_shapes_hw'] as Size[];
    const points = reference.meta['num_points'] as number[];
    const [batch, , heads, channels] = reference.shape('value') as [number, number, number, number];
    const module = deformableAttention('msda_dfine', { dim: heads * channels, heads, points });
    const tensor = (name: string, shape = reference.shape(name)) => tf.tensor(reference.floats(name), [...shape]);
    const bound = Object.fromEntries(
      module.parameters.map((spec) => [
        spec.name,
        tf.tensor(keepsItsValue(spec.name) ? spec.init(createRng(0)) : goldenWeight(spec.name, spec.shape), [
          ...spec.shape,
        ]),
      ]),
    );
    const names = ['msda_dfine.sampling_offsets.weight', 'msda_dfine.attention_weights.weight'];
    const f = (query: tf.Tensor, value: tf.Tensor, offsets: tf.Tensor, weights: tf.Tensor) => {
      const tensors = { ...bound, [names[0]!]: offsets, [names[1]!]: weights };
      const flat = tf.reshape(value, [batch, -1, heads * channels]) as tf.Tensor3D;
      let token = 0;
      const levels = sizes.map(([height, width]) => {
        const map = tf.slice(flat, [0, token, 0], [-1, height * width, -1]) as tf.Tensor3D;
        token += height * width;
        return { height, width, tokens: splitHeads(map, heads) };
      });
      const at = tensor('msda_dfine.ref', [batch, query.shape[1]!, 4]) as tf.Tensor3D;
      return module.forward(
        { query: query as tf.Tensor3D, reference: at, memory: sampledLevels(levels) },
        makePass({ tensors }),
      );
    };
    const inputs = [tensor('msda_dfine.query'), tensor('value'), bound[names[0]!]!, bound[names[1]!]!];
    const out = f(inputs[0]!, inputs[1]!, inputs[2]!, inputs[3]!);
    expect(out.dataSync()).toBeAllclose(reference.floats('msda_dfine.out'), { atol: 1e-5 });
    const gradients = tf.grads((...t) => tf.sum(tf.mul(f(t[0]!, t[1]!, t[2]!, t[3]!), tensor('G'))))(inputs);
    const expected = ['grad_query', 'grad_value', 'grad_sampling_offsets.weight', 'grad_attention_weights.weight'];
    for (const [i, name] of expected.entries())
      expect(gradients[i]!.dataSync()).toBeAllclose(reference.floats(`msda_dfine.${name}`), { atol: 5e-5, rtol: 1e-3 });
  });

  it('starts and scales as published', (ctx) => {
    const reference = openReference(ctx, 'functions', 'fixed_buffers');
    for (const points of [
      [3, 6, 3],
      [6, 6],
      [4, 4, 4],
    ]) {
      const [scale, , bias] = deformableAttention('m', { dim: 8, heads: 8, points }).parameters;
      const key = `p${points.join('_')}`;
      expect(scale!.init(createRng(0))).toBeAllclose(reference.floats(`num_points_scale.${key}`));
      expect(bias!.init(createRng(0))).toBeAllclose(reference.floats(`init.sampling_offsets.bias.h8_${key}`));
    }
  });
});

describe('position embeddings against the official code', () => {
  it('fills the table in the published order', (ctx) => {
    const reference = openReference(ctx, 'functions', 'fixed_buffers');
    for (const [width, height, dim] of [
      [20, 20, 256],
      [5, 5, 128],
      [7, 6, 64],
    ] as const) {
      const expected = reference.floats(`pos_embed.w${width}_h${height}_d${dim}`);
      expect(positionEmbedding2d({ height, width, dim, order: 'official' })).toBeAllclose(expected, { atol: 5e-6 });
      if (width === height) expect(positionEmbedding2d({ height, width, dim })).toBeAllclose(expected, { atol: 5e-6 });
    }
  });
});
