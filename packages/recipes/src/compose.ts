import type { Recipe, RecipePatch } from '@detrain/core/tensors';

/** A recipe with patches applied in order: `compose(dfine(), denseO2O(), matchabilityAware())`. Pure. */
export const compose = (base: Recipe, ...patches: readonly RecipePatch[]): Recipe =>
  patches.reduce((recipe, patch) => patch(recipe), base);
