import { createRng } from '@detrain/core';
import { auxiliaryQueries } from '@detrain/models';
import { makePass } from '@detrain/nn';
import { useEager } from '@detrain/tooling/eager';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(useEager);

const run = (headEmbedding: 'vector' | 'scalar', head: number) => {
  const module = auxiliaryQueries({ prefix: 'query_head.transformer.', heads: 2, dim: 8, headEmbedding });
  const rng = createRng(0);
  const tensors = Object.fromEntries(
    module.parameters.map(({ name, shape, init }) => [name, tf.tensor(init(rng.fork(name)), [...shape])]),
  );
  const random = (channels: number) => tf.randomUniform([2, 3, channels], 0, 1, 'float32', 1) as tf.Tensor3D;
  const input = { head, coordinates: random(4), features: random(8) };
  const name = 'query_head.transformer.head_pos_embed.weight';
  const forward = (weight: tf.Tensor) => module.forward(input, makePass({ tensors: { ...tensors, [name]: weight } }));
  // a weight that is not learnt has no gradient at all: a zero of it keeps tfjs content
  const objective = (weight: tf.Tensor) => tf.add(tf.sum(forward(weight).position), tf.mul(tf.sum(weight), 0));
  const gradient = tf.grad(objective)(tensors[name] as tf.Tensor);
  return { ...forward(tensors[name] as tf.Tensor), gradient: Array.from(gradient.dataSync()) };
};

describe('auxiliaryQueries', () => {
  it('makes content and position of every query', () => {
    const { content, position } = run('vector', 0);
    expect([content.shape, position.shape]).toEqual([
      [2, 3, 8],
      [2, 3, 8],
    ]);
  });

  it('tells heads apart by a vector each, or by the published numbers, of which the second never learns', () => {
    expect(run('vector', 1).gradient).toEqual([...Array<number>(8).fill(0), ...Array<number>(8).fill(6)]);
    expect(run('scalar', 0).gradient).toEqual([48, 0]);
    expect(run('scalar', 1).gradient).toEqual([0, 0]);
  });
});
