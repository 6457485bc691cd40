import {
  type ActivationName,
  identity,
  layerNorm,
  linear,
  type MapSize,
  type Module,
  parametersOf,
  sequential,
  takeTokens,
  topkIndices,
  withoutTape,
  xavierUniform,
} from '@detrain/nn';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { anchorsOf } from './anchors.ts';
import { boxHead, scoreHead } from './decoder-heads.ts';

/** The encoder's tokens, all levels one after another. */
export interface TokenInput {
  /** `[batch, tokens, dim]` */
  readonly memory: Tensor3D;
  readonly sizes: readonly MapSize[];
}

/** The tokens that become queries. */
export interface SelectedQueries {
  /** int32 `[batch, queries]`, best class score first. */
  readonly indices: Tensor2D;
  /** `[batch, queries, dim]` */
  readonly content: Tensor3D;
  /** Unactivated cx cy w h `[batch, queries, 4]`. */
  readonly boxLogits: Tensor3D;
  /** Class logits `[batch, queries, classes]`; in training only. */
  readonly logits?: Tensor3D;
}

/** Options of {@link querySelection}. */
export interface QuerySelectionOptions {
  readonly dim: number;
  readonly numClasses: number;
  readonly numQueries: number;
  readonly activation: ActivationName;
  /**
   * A linear map and layer norm before scoring, their parameters `named` (D-FINE, RT-DETRv2) or `numbered` (RT-DETR); `none`
   * scores the tokens themselves (DEIMv2).
   */
  readonly projection: 'named' | 'numbered' | 'none';
}

/** Query selection with its parts' parameters apart, since official orders differ. */
export interface QuerySelection extends Module<TokenInput, SelectedQueries> {
  readonly projection: Module<Tensor, Tensor>;
  readonly scoreHead: Module<Tensor, Tensor>;
  readonly boxHead: Module<Tensor, Tensor>;
}

const projectionOf = (name: string, { dim, projection }: QuerySelectionOptions): Module<Tensor, Tensor> => {
  if (projection === 'none') return identity();
  const [map, norm] = projection === 'named' ? ['proj', 'norm'] : ['0', '1'];
  return sequential<Tensor>(
    linear(`${name}.${map}`, { in: dim, out: dim, weightInit: xavierUniform }),
    layerNorm(`${name}.${norm}`, { dim }),
  );
};

/**
 * Chooses the tokens with the best class score as queries and proposes a box for each (RT-DETR 4.2).
 *
 * All tokens are scored without gradient; the chosen ones are scored again with it. That is the same gradient, since a
 * choice has none, at the cost of the queries alone.
 *
 * @throws when there are fewer tokens than queries.
 */
export const querySelection = (name: string, options: QuerySelectionOptions): QuerySelection => {
  const { dim, numClasses, numQueries, activation } = options;
  const projection = projectionOf(`${name}.enc_output`, options);
  const score = scoreHead(`${name}.enc_score_head`, dim, numClasses);
  const box = boxHead(`${name}.enc_bbox_head`, dim, 4, activation);
  return {
    projection,
    scoreHead: score,
    boxHead: box,
    parameters: parametersOf(projection, score, box),
    forward: ({ memory, sizes }, pass) => {
      const anchors = anchorsOf(sizes);
      const batch = memory.shape[0];
      if (anchors.count < numQueries)
        throw new Error(
          `@detrain/models: ${anchors.count} tokens for ${numQueries} queries. Query selection wants at least as many tokens. Use larger images or fewer queries.`,
        );
      const indices = withoutTape(() => {
        const seen = anchors.allValid ? memory : tf.mul(memory, tf.tensor3d(anchors.valid, [1, anchors.count, 1]));
        const scores = tf.max(score.forward(projection.forward(seen, pass), pass), -1) as Tensor2D;
        return topkIndices(scores, numQueries);
      });
      const fixed = (data: Float32Array, width: number) =>
        withoutTape(() => {
          const rows = tf.gather(tf.tensor2d(data, [anchors.count, width]), tf.reshape(indices, [-1]) as Tensor1D);
          return tf.reshape(rows, [batch, numQueries, width]);
        });
      const taken = takeTokens(memory, indices);
      const masked = anchors.allValid ? taken : tf.mul(taken, fixed(anchors.valid, 1));
      const content = projection.forward(masked, pass) as Tensor3D;
      const boxLogits = tf.add(box.forward(content, pass), fixed(anchors.logits, 4)) as Tensor3D;
      const selected = { indices, content, boxLogits };
      return pass.training ? { ...selected, logits: score.forward(content, pass) as Tensor3D } : selected;
    },
  };
};
