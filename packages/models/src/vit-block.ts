import {
  attend,
  constant,
  gelu,
  identity,
  layerNorm,
  linear,
  type Module,
  mergeHeads,
  normal,
  parameter,
  parametersOf,
  project,
  silu,
  splitHeads,
} from '@detrain/nn';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type Rotation, rotate } from './vit-rope.ts';

/** The published standard deviation of linear weights and tokens at the start. */
export const VIT_STD = 0.02;

const LAYER_SCALE = 1e-5;

/** Options of {@link vitBlock}. */
export interface VitBlockOptions {
  readonly dim: number;
  readonly heads: number;
  /** Width inside the feed-forward part, after the gate where there is one. */
  readonly feedForward: number;
  /** A SiLU-gated feed-forward part in place of a GELU. */
  readonly gated: boolean;
  /** As in Meta's released models: a learned scale on each branch, and no bias on keys. */
  readonly released: boolean;
}

/** Tokens `[batch, tokens, dim]` and how far each is turned. */
export interface PlacedTokens {
  readonly tokens: Tensor3D;
  readonly rotation: Rotation;
}

const dense = (name: string, inputs: number, out: number) =>
  linear(name, { in: inputs, out, weightInit: normal(VIT_STD), biasInit: constant(0) });

/** One linear map to queries, keys and values; `bias_mask` takes away the keys' bias, which softmax would not see. */
const queriesKeysValues = (name: string, dim: number, maskKeys: boolean): Module<Tensor3D, Tensor3D> => {
  const map = dense(name, dim, 3 * dim);
  if (!maskKeys) return map as Module<Tensor3D, Tensor3D>;
  const mask = parameter(
    `${name}.bias_mask`,
    [3 * dim],
    ([size = 0]) => Float32Array.from({ length: size }, (_, i) => (Math.floor(i / dim) === 1 ? 0 : 1)),
    'frozen',
  );
  return {
    parameters: [...map.parameters, mask],
    forward: (x, pass) => {
      const bias = tf.mul(pass.parameter(`${name}.bias`), pass.parameter(mask.name)) as Tensor1D;
      return project(x, pass.parameter(`${name}.weight`) as Tensor2D, bias);
    },
  };
};

const selfAttention = (name: string, { dim, heads, released }: VitBlockOptions): Module<PlacedTokens, Tensor3D> => {
  const enter = queriesKeysValues(`${name}.qkv`, dim, released);
  const leave = dense(`${name}.proj`, dim, dim);
  return {
    parameters: parametersOf(enter, leave),
    forward: ({ tokens, rotation }, pass) => {
      const parts = tf.split(enter.forward(tokens, pass), 3, -1) as Tensor3D[];
      const [query, key, value] = parts.map((part) => splitHeads(part, heads)) as [Tensor3D, Tensor3D, Tensor3D];
      const context = attend({ query: rotate(query, rotation), key: rotate(key, rotation), value });
      return leave.forward(mergeHeads(context, heads), pass) as Tensor3D;
    },
  };
};

const feedForwardPart = (name: string, { dim, feedForward, gated }: VitBlockOptions): Module<Tensor, Tensor> => {
  if (gated) {
    const [gate, straight] = [dense(`${name}.w1`, dim, feedForward), dense(`${name}.w2`, dim, feedForward)];
    const leave = dense(`${name}.w3`, feedForward, dim);
    return {
      parameters: parametersOf(gate, straight, leave),
      forward: (x, pass) => leave.forward(tf.mul(silu(gate.forward(x, pass)), straight.forward(x, pass)), pass),
    };
  }
  const enter = dense(`${name}.fc1`, dim, feedForward);
  const leave = dense(`${name}.fc2`, feedForward, dim);
  return {
    parameters: parametersOf(enter, leave),
    forward: (x, pass) => leave.forward(gelu(enter.forward(x, pass)), pass),
  };
};

/** A learned factor a channel (Touvron et al. 2021), or nothing. */
const layerScale = (name: string, dim: number, present: boolean): Module<Tensor, Tensor> => {
  if (!present) return identity();
  const gamma = parameter(`${name}.gamma`, [dim], constant(LAYER_SCALE));
  return { parameters: [gamma], forward: (x, pass) => tf.mul(x, pass.parameter(gamma.name)) };
};

/** A pre-norm transformer layer with rotary positions: x + scale(attention(norm(x))), then the same with feed-forward. */
export const vitBlock = (name: string, options: VitBlockOptions): Module<PlacedTokens, Tensor3D> => {
  const { dim, released } = options;
  const eps = released ? 1e-5 : 1e-6;
  const normBefore = layerNorm(`${name}.norm1`, { dim, eps });
  const attention = selfAttention(`${name}.attn`, options);
  const scaleAttention = layerScale(`${name}.ls1`, dim, released);
  const normBetween = layerNorm(`${name}.norm2`, { dim, eps });
  const feedForward = feedForwardPart(`${name}.mlp`, options);
  const scaleFeedForward = layerScale(`${name}.ls2`, dim, released);
  return {
    parameters: parametersOf(normBefore, attention, scaleAttention, normBetween, feedForward, scaleFeedForward),
    forward: ({ tokens, rotation }, pass) => {
      const normed = normBefore.forward(tokens, pass) as Tensor3D;
      const seen = scaleAttention.forward(attention.forward({ tokens: normed, rotation }, pass), pass);
      const between = tf.add(tokens, seen) as Tensor3D;
      const fed = feedForward.forward(normBetween.forward(between, pass), pass);
      return tf.add(between, scaleFeedForward.forward(fed, pass));
    },
  };
};
