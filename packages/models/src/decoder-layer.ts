import {
  type ActivationName,
  activation,
  gate,
  type Initialiser,
  layerNorm,
  linear,
  type Module,
  multiHeadAttention,
  parametersOf,
  rmsNorm,
  swiglu,
  xavierUniform,
} from '@detrain/nn';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** What a decoder layer sees; `M` is how its cross-attention has the memory. */
export interface DecoderLayerInput<M> {
  /** `[batch, queries, dim]` */
  readonly content: Tensor3D;
  /** Query position embeddings `[batch, queries, dim]`. */
  readonly positions: Tensor3D;
  /** cx cy w h in [0, 1] `[batch, queries, 4]`. */
  readonly reference: Tensor3D;
  readonly memory: M;
  /** Added to self-attention logits `[queries, queries]`. */
  readonly mask?: Tensor2D;
}

/** Options of {@link decoderLayer}. */
export interface DecoderLayerOptions {
  readonly dim: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly activation: ActivationName;
  /** `dfine` (and RT-DETR): layer norm and a two-layer feed-forward; `deimv2`: RMS norm and SwiGLU. */
  readonly generation: 'dfine' | 'deimv2';
  /** How cross-attention joins the query: a learned gate, or a residual and a norm. */
  readonly gateway: boolean;
  /** Start of the two-layer feed-forward's weights. Default Glorot's. */
  readonly feedForwardInit?: Initialiser;
}

/** Attention from queries at `memory` around reference boxes. */
export type CrossAttention<M> = Module<
  { readonly query: Tensor3D; readonly reference: Tensor3D; readonly memory: M },
  Tensor3D
>;

const feedForward = (name: string, options: DecoderLayerOptions): Module<Tensor, Tensor> => {
  const { dim, feedForward: width, feedForwardInit: weightInit = xavierUniform } = options;
  if (options.generation === 'deimv2') return swiglu(`${name}.swish_ffn`, { dim, hidden: Math.floor(width / 2) });
  const enter = linear(`${name}.linear1`, { in: dim, out: width, weightInit });
  const leave = linear(`${name}.linear2`, { in: width, out: dim, weightInit });
  const act = activation(options.activation);
  return {
    parameters: parametersOf(enter, leave),
    forward: (x, pass) => leave.forward(act(enter.forward(x, pass)), pass),
  };
};

/** Joins cross-attention's result to the query. */
const joint = (name: string, options: DecoderLayerOptions): Module<readonly [Tensor3D, Tensor3D], Tensor3D> => {
  const { dim, generation, gateway } = options;
  const norm = generation === 'deimv2' ? 'rms' : 'layer';
  if (gateway) return gate(`${name}.gateway`, { dim, norm });
  const finish = (norm === 'rms' ? rmsNorm : layerNorm)(`${name}.norm2`, { dim });
  return { parameters: finish.parameters, forward: ([a, b], pass) => finish.forward(tf.add(a, b), pass) as Tensor3D };
};

/**
 * A decoder layer: self-attention, cross-attention, feed-forward, norms after residuals.
 *
 * The published code clamps what enters the last norm to half precision's range; single precision needs no such guard.
 */
export const decoderLayer = <M>(
  name: string,
  options: DecoderLayerOptions,
  crossAttention: CrossAttention<M>,
): Module<DecoderLayerInput<M>, Tensor3D> => {
  const { dim, heads, generation } = options;
  const norm = generation === 'deimv2' ? rmsNorm : layerNorm;
  const selfAttention = multiHeadAttention(`${name}.self_attn`, { dim, heads });
  const norm1 = norm(`${name}.norm1`, { dim });
  const join = joint(name, options);
  const feed = feedForward(name, options);
  const norm3 = norm(`${name}.norm3`, { dim });
  return {
    parameters: parametersOf(selfAttention, norm1, crossAttention, join, feed, norm3),
    forward: ({ content, positions, reference, memory, mask }, pass) => {
      const query = tf.add(content, positions) as Tensor3D;
      const talked = selfAttention.forward({ query, value: content, ...(mask ? { mask } : {}) }, pass);
      const x = norm1.forward(tf.add(content, talked), pass) as Tensor3D;
      const looked = crossAttention.forward({ query: tf.add(x, positions) as Tensor3D, reference, memory }, pass);
      const y = join.forward([x, looked], pass);
      return norm3.forward(tf.add(y, feed.forward(y, pass)), pass) as Tensor3D;
    },
  };
};
