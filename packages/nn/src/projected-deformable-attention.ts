import type { Tensor3D } from '@tensorflow/tfjs-core';
import { splitHeads } from './attention.ts';
import { type LevelTokens, sampledLevels } from './bilinear.ts';
import { type DeformableInput, type DeformableOptions, deformableAttention } from './deformable-attention.ts';
import { constant, xavierUniform } from './initialisers.ts';
import { linear } from './linear.ts';
import { type Module, parametersOf } from './module.ts';

/** What {@link projectedDeformableAttention} looks from and at. */
export interface ProjectedDeformableInput extends Omit<DeformableInput, 'memory'> {
  /** Tokens of each level `[batch, height * width, dim]`. */
  readonly memory: readonly LevelTokens[];
}

/**
 * Deformable attention between a projection of the values and one of the result, as Deformable DETR and RT-DETR have it.
 * Zhu et al. 2021.
 */
export const projectedDeformableAttention = (
  name: string,
  options: DeformableOptions,
): Module<ProjectedDeformableInput, Tensor3D> => {
  const { dim, heads } = options;
  const projection = (part: string) =>
    linear(`${name}.${part}`, { in: dim, out: dim, weightInit: xavierUniform, biasInit: constant(0) });
  const attention = deformableAttention(name, options);
  const value = projection('value_proj');
  const out = projection('output_proj');
  return {
    parameters: parametersOf(attention, value, out),
    forward: ({ query, reference, memory }, pass) => {
      const levels = memory.map((level) => ({
        ...level,
        tokens: splitHeads(value.forward(level.tokens, pass) as Tensor3D, heads),
      }));
      return out.forward(
        attention.forward({ query, reference, memory: sampledLevels(levels) }, pass),
        pass,
      ) as Tensor3D;
    },
  };
};
