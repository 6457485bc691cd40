import {
  inverseSigmoid,
  layerNorm,
  linear,
  type Module,
  parameter,
  parametersOf,
  sineEmbedding,
  stopGradient,
} from '@detrain/nn';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Options of `auxiliaryQueries`. */
export interface AuxiliaryQueriesOptions {
  /** Name of the module that holds the parameters, with a dot: `query_head.transformer.`. */
  readonly prefix: string;
  /** Auxiliary heads: each has its own layers. */
  readonly heads: number;
  /** Channels of a query. Default 256. */
  readonly dim?: number;
  /**
   * What tells a head's queries from another's: a vector a head, or the one number a head that the published code and weights have, of which
   * that of head 1 is never trained. Default `vector`.
   */
  readonly headEmbedding?: 'vector' | 'scalar';
}

/** The positive queries of one auxiliary head. */
export interface AuxiliaryQueriesInput {
  readonly head: number;
  /** cx cy w h in [0, 1] `[batch, queries, 4]` */
  readonly coordinates: Tensor3D;
  /** The feature vector at each query's candidate `[batch, queries, dim]` */
  readonly features: Tensor3D;
}

/** What a decoder starts from. */
export interface AuxiliaryQueriesOutput {
  /** `[batch, queries, dim]` */
  readonly content: Tensor3D;
  /** `[batch, queries, dim]` */
  readonly position: Tensor3D;
}

/** Row of the head embedding that PyTorch takes for padding and does not train. */
const PADDING_HEAD = 1;

/**
 * Content and position queries of Co-DETR's positive queries: position embeddings of their boxes, and the features they come from
 * (Zong et al. 2023, section 3.3, equation 4; Co-Deformable-DETR's `forward_aux`).
 */
export const auxiliaryQueries = ({
  prefix,
  heads,
  dim = 256,
  headEmbedding = 'vector',
}: AuxiliaryQueriesOptions): Module<AuxiliaryQueriesInput, AuxiliaryQueriesOutput> => {
  const each = <T>(make: (head: number) => T): T[] => Array.from({ length: heads }, (_, head) => make(head));
  const embedding = parameter(
    `${prefix}head_pos_embed.weight`,
    [heads, headEmbedding === 'scalar' ? 1 : dim],
    (shape) => new Float32Array(shape.reduce((product, side) => product * side, 1)),
  );
  const positions = each((head) => linear(`${prefix}aux_pos_trans.${head}`, { in: 2 * dim, out: 2 * dim }));
  const positionNorms = each((head) => layerNorm(`${prefix}aux_pos_trans_norm.${head}`, { dim: 2 * dim }));
  const contents = each((head) => linear(`${prefix}pos_feats_trans.${head}`, { in: dim, out: dim }));
  const contentNorms = each((head) => layerNorm(`${prefix}pos_feats_norm.${head}`, { dim }));
  return {
    parameters: [
      embedding,
      ...parametersOf(...positions, ...positionNorms),
      ...parametersOf(...contents, ...contentNorms),
    ],
    forward: ({ head, coordinates, features }, pass) => {
      const boxes = tf.sigmoid(inverseSigmoid(coordinates));
      const sines = sineEmbedding(boxes, { dim: dim / 2, order: 'xy' });
      const both = positionNorms[head]!.forward(positions[head]!.forward(sines, pass), pass);
      const [position, content] = tf.split(both, 2, -1) as [Tensor, Tensor];
      const seen = contentNorms[head]!.forward(contents[head]!.forward(features, pass), pass);
      const row = tf.slice(pass.parameter(embedding.name) as Tensor2D, [head, 0], [1, -1]);
      const mark = headEmbedding === 'scalar' && head === PADDING_HEAD ? stopGradient(row) : row;
      return { content: tf.add(content, seen) as Tensor3D, position: tf.add(position, mark) as Tensor3D };
    },
  };
};
