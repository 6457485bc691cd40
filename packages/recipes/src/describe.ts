import type { Described } from '@detrain/core';
import type { Recipe } from '@detrain/core/tensors';

const about = ({ name, options }: Described) => ({ name, options });

/** A recipe as plain JSON: every strategy by name and options, what a run records. */
export const describeRecipe = (recipe: Recipe) => ({
  name: recipe.name,
  assigner: about(recipe.assigner),
  losses: recipe.losses.map(({ weight, loss }) => ({ weight, ...about(loss) })),
  matching: recipe.matching,
  normalizer: recipe.normalizer,
  knownQueries: recipe.knownQueries && about(recipe.knownQueries),
  proposals: recipe.proposals && {
    assigner: about(recipe.proposals.assigner),
    losses: recipe.proposals.losses.map(({ weight, loss }) => ({ weight, ...about(loss) })),
  },
  auxiliaries: recipe.auxiliaries.map(about),
  augmentations: recipe.augmentations.map(about),
  batchAugmentations: recipe.batchAugmentations.map(about),
  suppression: recipe.suppression,
});
