import { fail } from '@detrain/core';
import type { RecipePatch } from '@detrain/core/tensors';
import { type MalOptions, mal } from '@detrain/losses';

/** Classification losses that MAL takes the place of. */
const REPLACED = ['vfl', 'focal', 'mal'];

/**
 * Puts the matchability-aware loss in the place of a recipe's classification loss, at the same weight (DEIM, section 3.3):
 * `compose(dfine(), denseO2O(), matchabilityAware())` is DEIM.
 *
 * @throws where the recipe has no classification loss that it could replace
 */
export const matchabilityAware =
  (options: MalOptions = {}): RecipePatch =>
  (recipe) => {
    const names = recipe.losses.map(({ loss }) => loss.name);
    if (!names.some((name) => REPLACED.includes(name)))
      fail(
        'dense-o2o',
        `recipe ${recipe.name} has losses ${names.join(', ')}`,
        `one of ${REPLACED.join(', ')}`,
        'add the loss mal() to the recipe by hand',
      );
    const losses = recipe.losses.map((term) =>
      REPLACED.includes(term.loss.name) ? { ...term, loss: mal(options) } : term,
    );
    return { ...recipe, losses };
  };
