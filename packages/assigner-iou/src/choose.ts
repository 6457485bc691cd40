import type { Rng } from '@detrain/core';

/** A source of shuffled `[0, n)`: any `Rng`, or recorded permutations. */
export type Permutations = Pick<Rng, 'permutation'>;

/** `count` of the given indices at random, ascending; all of them, without a draw, where there are no more. */
export const choose = (indices: Int32Array, count: number, permutations: Permutations): Int32Array => {
  if (indices.length <= count) return indices;
  const order = permutations.permutation(indices.length);
  return Int32Array.from({ length: count }, (_, k) => indices[order[k]!]!).sort();
};
