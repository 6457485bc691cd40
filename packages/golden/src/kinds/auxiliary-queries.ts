import { auxiliaryQueries } from '@detrain/models';
import { makePass } from '@detrain/nn';
import * as tf from '@tensorflow/tfjs';
import type { GoldenCase } from '../case.ts';
import type { Checks } from '../checks.ts';
import { compare, eagerly, load } from '../eager.ts';
import { goldenWeight } from '../generate.ts';

const VALUE = 1e-5;

/** Content and position queries of Co-Deformable-DETR's auxiliary decoder pass, from generated weights. */
export const replay = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const shapes = golden.meta['keys'] as Readonly<Record<string, readonly number[]>>;
  const heads = shapes['head_pos_embed.weight']?.[0] ?? 0;
  const module = auxiliaryQueries({ prefix: '', heads, headEmbedding: 'scalar' });
  const names = module.parameters.map(({ name }) => name);
  checks.holds('keys', Object.keys(shapes).toSorted().join() === names.toSorted().join());
  return eagerly(() => {
    const weight = (name: string, shape: readonly number[]) =>
      tf.tensor(goldenWeight(name, shape, 'golden_coaux.'), [...shape]);
    const tensors = Object.fromEntries(module.parameters.map(({ name, shape }) => [name, weight(name, shape)]));
    const input = {
      head: Number(golden.meta['head_idx']),
      coordinates: load(golden, 'pos_anchors') as tf.Tensor3D,
      features: load(golden, 'pos_feats') as tf.Tensor3D,
    };
    const { content, position } = module.forward(input, makePass({ tensors }));
    compare(golden, checks, 'query', content, VALUE);
    compare(golden, checks, 'query_pos', position, VALUE);
    compare(golden, checks, 'head_pos_embed', tensors['head_pos_embed.weight'] as tf.Tensor, VALUE);
  });
};
