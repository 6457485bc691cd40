import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { constant, torchDefault, xavierUniform } from './initialisers.ts';
import { linear, project } from './linear.ts';
import { type Module, parameter } from './module.ts';
import { differentiable } from './tape.ts';

/** What attention looks from, at and for. */
export interface AttentionInput {
  /** Who looks `[batch, queries, dim]`, positions added. */
  readonly query: Tensor3D;
  /** What is looked at `[batch, keys, dim]`; default the query. */
  readonly key?: Tensor3D;
  /** What is taken over `[batch, keys, dim]`. */
  readonly value: Tensor3D;
  /**
   * Added to the logits, 0 or a large negative number `[queries, keys]`. With fewer rows, `[first, queries]`, it is that of the first
   * queries; the others then see each other and none of the first.
   */
  readonly mask?: Tensor2D;
}

/** What {@link attend} takes: heads that are already apart. */
export interface AttendInput {
  /** `[batch * heads, queries, d]` */
  readonly query: Tensor3D;
  /** `[batch * heads, keys, d]` */
  readonly key: Tensor3D;
  /** `[batch * heads, keys, d]` */
  readonly value: Tensor3D;
  /** Added to the logits, 0 or a large negative number `[queries, keys]`. */
  readonly mask?: Tensor2D;
}

/**
 * Values weighed by the softmax of scaled products of queries and keys `[batch * heads, queries, d]`.
 *
 * The softmax's gradient needs the row sums of weight times gradient; they equal those of the output times its gradient,
 * which is `keys / d` times shorter (Dao et al. 2022, FlashAttention, appendix B).
 */
export const attend = ({ query, key, value, mask }: AttendInput): Tensor3D =>
  differentiable<Tensor3D>(
    [query, key, value],
    (save) => {
      const scaled = tf.mul(query, 1 / Math.sqrt(query.shape[2])) as Tensor3D;
      const logits = tf.matMul(scaled, key, false, true);
      const weights = tf.softmax(mask ? tf.add(logits, tf.expandDims(mask, 0)) : logits) as Tensor3D;
      const output = tf.matMul(weights, value) as Tensor3D;
      save([scaled, key, value, weights, output]);
      return output;
    },
    (dy, saved) => {
      const [scaled, k, v, weights, output] = saved as [Tensor3D, Tensor3D, Tensor3D, Tensor3D, Tensor3D];
      const ones = tf.ones([v.shape[0], v.shape[1], 1]);
      const rows = tf.sum(tf.mul(dy, output), 2, true);
      // The product takes the sums off, too, as one more column: a pass over all weights less.
      const less = tf.matMul(tf.concat([dy, tf.neg(rows)], 2), tf.concat([v, ones], 2), false, true);
      const dLogits = tf.mul(weights, less) as Tensor3D;
      return [
        tf.mul(tf.matMul(dLogits, k), 1 / Math.sqrt(query.shape[2])),
        tf.matMul(dLogits, scaled, true, false),
        tf.matMul(weights, dy, true, false),
      ];
    },
  );

/** What a mask adds to the logit of what is not to be seen. */
export const BLOCKED = -1e9;

/** A mask with a row for every query `[queries, queries]`, of one that has only those of the first: the others see each other alone. */
export const wholeMask = (mask: Tensor2D): Tensor2D => {
  const [first, all] = mask.shape;
  if (first === all) return mask;
  const others = [tf.fill([all - first, first], BLOCKED), tf.zeros([all - first, all - first])];
  return tf.concat([mask, tf.concat(others, 1)], 0) as Tensor2D;
};

/** {@link attend} where a mask with fewer rows than queries says who sees whom: what nobody sees is not computed. */
const attendInParts = ({ query, key, value, mask }: AttendInput): Tensor3D => {
  const [first, all] = [mask?.shape[0] ?? 0, query.shape[1]];
  if (!mask || first === all) return attend({ query, key, value, ...(mask && { mask }) });
  const [begin, rest] = tf.split(query as Tensor, [first, all - first], 1) as [Tensor3D, Tensor3D];
  const others = (x: Tensor3D) => tf.slice(x, [0, first, 0], [-1, -1, -1]);
  const known = attend({ query: begin, key, value, mask });
  return tf.concat([known, attend({ query: rest, key: others(key), value: others(value) })], 1);
};

/** Options of {@link multiHeadAttention}. */
export interface AttentionOptions {
  readonly dim: number;
  readonly heads: number;
}

/** `[batch, tokens, heads * d]` to `[batch * heads, tokens, d]`. */
export const splitHeads = (x: Tensor3D, heads: number): Tensor3D => {
  const [batch, tokens, dim] = x.shape;
  const d = dim / heads;
  const apart = tf.transpose(tf.reshape(x, [batch, tokens, heads, d]), [0, 2, 1, 3]);
  return tf.reshape(apart, [batch * heads, tokens, d]) as Tensor3D;
};

/** `[batch * heads, tokens, d]` to `[batch, tokens, heads * d]`. */
export const mergeHeads = (x: Tensor3D, heads: number): Tensor3D => {
  const [rows, tokens, d] = x.shape;
  const together = tf.transpose(tf.reshape(x, [rows / heads, heads, tokens, d]), [0, 2, 1, 3]);
  return tf.reshape(together, [rows / heads, tokens, heads * d]) as Tensor3D;
};

/**
 * Multi-head attention with PyTorch's packed projections: `in_proj_weight` `[3 dim, dim]` (rows q, k, v), `in_proj_bias`,
 * `out_proj`. Vaswani et al. 2017.
 */
export const multiHeadAttention = (
  name: string,
  { dim, heads }: AttentionOptions,
): Module<AttentionInput, Tensor3D> => {
  const weight = parameter(`${name}.in_proj_weight`, [3 * dim, dim], xavierUniform);
  const bias = parameter(`${name}.in_proj_bias`, [3 * dim], constant(0));
  const out = linear(`${name}.out_proj`, { in: dim, out: dim, weightInit: torchDefault, biasInit: constant(0) });
  return {
    parameters: [weight, bias, ...out.parameters],
    forward: ({ query, key, value, mask }, pass) => {
      const w = pass.parameter(weight.name) as Tensor2D;
      const b = pass.parameter(bias.name) as Tensor1D;
      const rows = (x: Tensor3D, from: number, count: number) =>
        project(x, tf.slice(w, [from * dim, 0], [count * dim, dim]), tf.slice(b, [from * dim], [count * dim]));
      const [q, k] = key
        ? [rows(query, 0, 1), rows(key, 1, 1)]
        : (tf.split(rows(query, 0, 2) as Tensor, 2, -1) as [Tensor3D, Tensor3D]);
      const v = rows(value, 2, 1);
      const apart = (x: Tensor3D) => splitHeads(x, heads);
      const context = attendInParts({ query: apart(q), key: apart(k), value: apart(v), ...(mask && { mask }) });
      return out.forward(mergeHeads(context, heads), pass) as Tensor3D;
    },
  };
};
