import { gelu, layerNorm, linear, type Module, multiHeadAttention, parametersOf } from '@detrain/nn';
import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Tokens and their position embeddings, both `[batch, tokens, dim]` (the latter may have batch 1). */
export interface EncoderLayerInput {
  readonly tokens: Tensor3D;
  readonly positions: Tensor3D;
}

/** Options of {@link encoderLayer}. */
export interface EncoderLayerOptions {
  readonly dim: number;
  readonly heads: number;
  readonly feedForward: number;
}

/** A transformer encoder layer with norms after the residuals and GELU (AIFI of RT-DETR). */
export const encoderLayer = (name: string, options: EncoderLayerOptions): Module<EncoderLayerInput, Tensor3D> => {
  const { dim, heads, feedForward } = options;
  const attention = multiHeadAttention(`${name}.self_attn`, { dim, heads });
  const enter = linear(`${name}.linear1`, { in: dim, out: feedForward });
  const leave = linear(`${name}.linear2`, { in: feedForward, out: dim });
  const norm1 = layerNorm(`${name}.norm1`, { dim });
  const norm2 = layerNorm(`${name}.norm2`, { dim });
  return {
    parameters: parametersOf(attention, enter, leave, norm1, norm2),
    forward: ({ tokens, positions }, pass) => {
      const query = tf.add(tokens, positions) as Tensor3D;
      const attended = norm1.forward(tf.add(tokens, attention.forward({ query, value: tokens }, pass)), pass);
      const fed = leave.forward(gelu(enter.forward(attended, pass) as Tensor), pass);
      return norm2.forward(tf.add(attended, fed), pass) as Tensor3D;
    },
  };
};
