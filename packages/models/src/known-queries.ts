import type { Predictions, QueryGroup } from '@detrain/core/tensors';
import { BLOCKED, wholeMask } from '@detrain/nn';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Where each set of queries lies among all of the decoder's. */
export interface QuerySpan {
  readonly name: string;
  readonly first: number;
  readonly count: number;
}

/** The spans of extra groups, in order, then of the model's own queries. */
export const querySpans = (groups: readonly QueryGroup[], numQueries: number): readonly QuerySpan[] => {
  let first = 0;
  const spans: QuerySpan[] = [];
  for (const { name, boxes } of groups) {
    spans.push({ name, first, count: boxes.shape[1] });
    first += boxes.shape[1];
  }
  return [...spans, { name: 'main', first, count: numQueries }];
};

/**
 * One additive mask over all queries from the groups' own masks; groups do not see each other.
 *
 * @returns null where there are no groups; that of a single group as it is.
 */
export const joinMasks = (groups: readonly QueryGroup[], numQueries: number): Tensor2D | null => {
  if (groups.length <= 1) return groups[0]?.mask ?? null;
  const spans = querySpans(groups, numQueries);
  const whole = new Map(groups.map((group) => [group, wholeMask(group.mask)]));
  const cut = (group: QueryGroup, count: number, row: boolean, column: boolean) =>
    tf.slice(
      whole.get(group) as Tensor2D,
      [row ? count : 0, column ? count : 0],
      [row ? numQueries : count, column ? numQueries : count],
    ) as Tensor2D;
  const counts = groups.map((group) => group.boxes.shape[1]);
  const rows = spans.map((looking, r) => {
    const blocks = spans.map((seen, c) => {
      const main = groups.length;
      if (r === main && c === main)
        return tf.addN(groups.map((group, g) => cut(group, counts[g] as number, true, true))) as Tensor2D;
      if (r === main) return cut(groups[c] as QueryGroup, counts[c] as number, true, false);
      if (c === main) return cut(groups[r] as QueryGroup, counts[r] as number, false, true);
      if (r === c) return cut(groups[r] as QueryGroup, counts[r] as number, false, false);
      return tf.fill([looking.count, seen.count], BLOCKED) as Tensor2D;
    });
    return tf.concat(blocks, 1);
  });
  return tf.concat(rows, 0);
};

/** The part of a tensor `[batch, queries, ...]` that belongs to a span. */
export const takeSpan = (x: Tensor3D, { first, count }: QuerySpan): Tensor3D =>
  first === 0 && count === x.shape[1] ? x : tf.slice(x, [0, first, 0], [-1, count, -1]);

/** Logits and boxes of a span. */
export const takePredictions = ({ logits, boxes }: Predictions, span: QuerySpan): Predictions => ({
  logits: takeSpan(logits, span),
  boxes: takeSpan(boxes, span),
});
