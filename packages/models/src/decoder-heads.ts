import {
  type ActivationName,
  embedding,
  linear,
  type MapSize,
  type Module,
  mlp,
  parameter,
  priorBias,
} from '@detrain/nn';
import type { Tensor } from '@tensorflow/tfjs-core';
import { anchorsOf } from './anchors.ts';

/** Class logits `[..., numClasses]` of queries `[..., dim]`, rare at the start. */
export const scoreHead = (name: string, dim: number, numClasses: number): Module<Tensor, Tensor> =>
  linear(name, { in: dim, out: numClasses, biasInit: priorBias() });

/** How boxes move `[..., out]`, seen from queries `[..., dim]`; nothing moves at the start. */
export const boxHead = (name: string, dim: number, out: number, activation: ActivationName): Module<Tensor, Tensor> =>
  mlp(name, { in: dim, hidden: dim, out, layers: 3, activation, zeroLast: true });

/** Content of known queries by their class; the class `numClasses` is padding. */
export const classEmbedding = (name: string, dim: number, numClasses: number) =>
  embedding(`${name}.denoising_class_embed`, { count: numClasses + 1, dim, lastIsPadding: true });

/** The state dict's anchors and their mask, for maps of these sizes; never read, written for others to load. */
export const derivedAnchors = (name: string, sizes: readonly MapSize[]) => {
  const tokens = sizes.reduce((sum, { height, width }) => sum + height * width, 0);
  return [
    parameter(`${name}.anchors`, [1, tokens, 4], () => anchorsOf(sizes).logits, 'derived'),
    parameter(`${name}.valid_mask`, [1, tokens, 1], () => anchorsOf(sizes).valid, 'derived'),
  ];
};
