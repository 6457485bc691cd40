import { IGNORE, type KnownQueries, type Rng, type Targets } from '@detrain/core';
import type { Detector, Recipe } from '@detrain/core/tensors';

/**
 * Known queries that count for nothing: what a batch without objects gets, so that every step has the same shapes.
 * Each sees only itself and is seen by none.
 */
export const emptyKnownQueries = (
  name: string,
  count: number,
  {
    batch,
    numClasses,
    numQueries,
  }: { readonly batch: number; readonly numClasses: number; readonly numQueries: number },
): KnownQueries => {
  const side = count + numQueries;
  const blocked = new Uint8Array(side * side);
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++)
      if ((row < count || column < count) && row !== column) blocked[row * side + column] = 1;
  return {
    name,
    count,
    labels: new Int32Array(batch * count).fill(numClasses),
    boxes: new Float32Array(batch * count * 4),
    blocked,
    assignments: Array.from({ length: batch }, () => ({ targetOf: new Int32Array(count).fill(IGNORE) })),
    groups: 1,
  };
};

/** The known queries of a batch by the recipe: null where it has none, padding where the batch gives none. */
export const knownQueriesFor = (
  recipe: Recipe,
  detector: Detector,
  targets: readonly Targets[],
  rng: Rng,
): KnownQueries | null => {
  const source = recipe.knownQueries;
  if (!source) return null;
  const { numClasses, numQueries } = detector;
  const known = source.build(targets, { rng, numClasses, numQueries });
  return known ?? emptyKnownQueries(source.name, source.count, { batch: targets.length, numClasses, numQueries });
};
