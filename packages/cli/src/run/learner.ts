import type { Detector, Recipe } from '@detrain/core/tensors';
import { freezeParameters } from '@detrain/trainer';
import type { ResolvedConfig } from '../config/resolve.ts';
import type { RecipeContext } from '../config/types.ts';
import { buildDetector } from './model.ts';
import { recipeOf } from './recipe.ts';

/** What learns, and how: the same in every thread that is given the same config and context. */
export const learnerOf = (
  config: ResolvedConfig,
  context: RecipeContext,
): { readonly detector: Detector; readonly recipe: Recipe } => {
  const detector = freezeParameters(buildDetector(config.model, context), config.freeze);
  return { detector, recipe: recipeOf(config, detector, context) };
};
