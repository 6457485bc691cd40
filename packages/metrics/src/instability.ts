import { fail } from '@detrain/core';

/**
 * How many queries of one image changed their target between two matchings (DN-DETR, section 3.2): the count of n with
 * V_n != V'_n, where a query without a target counts as -1.
 *
 * @param previous Target of each query, negative for none `[queries]`; an assignment's `targetOf`.
 * @param current The same, later in training.
 */
export const changedQueries = (previous: ArrayLike<number>, current: ArrayLike<number>): number => {
  if (previous.length !== current.length)
    fail(
      'metrics',
      `${previous.length} and ${current.length} queries`,
      'Instability compares the same queries',
      'Keep numQueries',
    );
  let changed = 0;
  for (let n = 0; n < current.length; n++)
    if (Math.max(previous[n] as number, -1) !== Math.max(current[n] as number, -1)) changed++;
  return changed;
};

/**
 * DN-DETR's instability IS of one epoch: queries that changed their target since the one before, mean over images.
 * At most twice the mean number of objects. 0 without images.
 *
 * @param previous Per image the target of each query `[images][queries]`.
 * @param current The same images in the same order, one epoch later.
 */
export const instability = (previous: readonly ArrayLike<number>[], current: readonly ArrayLike<number>[]): number => {
  if (previous.length !== current.length)
    fail(
      'metrics',
      `${previous.length} and ${current.length} images`,
      'Instability compares the same images',
      'Match a fixed set',
    );
  const total = current.reduce((sum, now, i) => sum + changedQueries(previous[i] as ArrayLike<number>, now), 0);
  return current.length === 0 ? 0 : total / current.length;
};

/**
 * Share of assignments that changed between two matchings: of the queries that had or have a target, those whose target is another one.
 * Unlike `instability` it does not grow with the number of objects. 0 where nothing was ever matched.
 *
 * @param previous Per image the target of each query `[images][queries]`.
 * @param current The same images in the same order, later.
 */
export const changedShare = (previous: readonly ArrayLike<number>[], current: readonly ArrayLike<number>[]): number => {
  const changed = instability(previous, current) * current.length;
  const matched = current.reduce((sum, now, i) => {
    const before = previous[i] as ArrayLike<number>;
    return sum + Array.from(now).filter((target, n) => target >= 0 || (before[n] as number) >= 0).length;
  }, 0);
  return matched === 0 ? 0 : changed / matched;
};
