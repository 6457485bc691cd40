import type { Described } from '@detrain/core';
import type { Recipe } from '@detrain/core/tensors';

/** A thing's name and options as JSON. */
export const described = ({ name, options }: Described) => ({ name, options });

/** Exactly what a recipe is, as JSON: what a run records and what a resumed run compares. */
export const describeRecipe = (recipe: Recipe) => {
  const weighted = (losses: Recipe['losses']) => losses.map(({ weight, loss }) => ({ weight, ...described(loss) }));
  return {
    name: recipe.name,
    assigner: described(recipe.assigner),
    losses: weighted(recipe.losses),
    matching: recipe.matching,
    normalizer: recipe.normalizer,
    knownQueries: recipe.knownQueries && described(recipe.knownQueries),
    proposals: recipe.proposals && {
      assigner: described(recipe.proposals.assigner),
      losses: weighted(recipe.proposals.losses),
    },
    auxiliaries: recipe.auxiliaries.map(described),
    augmentations: recipe.augmentations.map(described),
    batchAugmentations: recipe.batchAugmentations.map(described),
    suppression: recipe.suppression,
  };
};
