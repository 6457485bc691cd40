import { fail, type KnownQuerySource, type MatchingPolicy } from '@detrain/core';
import type { Loss, RecipePatch } from '@detrain/core/tensors';

/** Calls a recipe something else: the name that runs record. */
export const named =
  (name: string): RecipePatch =>
  (recipe) => ({ ...recipe, name });

/** Swaps the classification loss, at the same weight: `compose(deim(), classLoss(vfl()))`. Throws where a recipe has none. */
export const classLoss =
  (loss: Loss): RecipePatch =>
  (recipe) => {
    const at = recipe.losses.findIndex((term) => term.loss.set === 'own');
    if (at < 0)
      fail(
        'recipes',
        `recipe '${recipe.name}' has no classification loss`,
        'One is wanted to swap',
        'Add { weight: 1, loss } to its losses',
      );
    return { ...recipe, losses: recipe.losses.map((term, i) => (i === at ? { ...term, loss } : term)) };
  };

/** Changes the weights of losses by name: `weights({ bbox: 2 })`; a weight of 0 removes a loss. Throws on an unknown name. */
export const weights =
  (changes: Readonly<Record<string, number>>): RecipePatch =>
  (recipe) => {
    const names = recipe.losses.map(({ loss }) => loss.name);
    for (const name of Object.keys(changes))
      if (!names.includes(name))
        fail(
          'recipes',
          `a weight for loss '${name}'`,
          `Recipe '${recipe.name}' has ${names.join(', ')}`,
          'Use one of these names',
        );
    const losses = recipe.losses
      .map((term) => ({ ...term, weight: changes[term.loss.name] ?? term.weight }))
      .filter(({ weight }) => weight !== 0);
    return { ...recipe, losses };
  };

/** Changes how a detector's outputs share matches. */
export const matching =
  (policy: MatchingPolicy): RecipePatch =>
  (recipe) => ({ ...recipe, matching: policy });

/** Changes the known queries; null for none: `compose(deim(), knownQueries(null))` trains without denoising. */
export const knownQueries =
  (source: KnownQuerySource | null): RecipePatch =>
  (recipe) => ({ ...recipe, knownQueries: source });
