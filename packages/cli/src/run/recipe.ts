import { multiScale } from '@detrain/augment';
import type { Detector, Recipe } from '@detrain/core/tensors';
import {
  checkRecipe,
  deim,
  deimRtdetr,
  deimv2,
  deimv2Lite,
  dfine,
  type LiteSize,
  type RecipeOptions,
  rtdetr,
} from '@detrain/recipes';
import type { ResolvedConfig } from '../config/resolve.ts';
import type { RecipeContext } from '../config/types.ts';
import { userError } from '../errors.ts';
import type { Output } from '../terminal/output.ts';

/** The recipe that a model of the zoo was published with; DEIM's for a model of one's own. */
const published = ({ name: model, numQueries, numClasses }: Detector): Recipe => {
  // Top-k over queries and classes: as many detections as the published models give, and no more than there are pairs.
  const options: RecipeOptions = { detections: Math.min(300, numQueries * numClasses) };
  const lite = /^deimv2-(atto|femto|pico)$/.exec(model)?.[1];
  if (lite) return deimv2Lite({ ...options, size: lite as LiteSize });
  if (model.startsWith('deimv2-')) return deimv2(options);
  if (model.startsWith('rtdetr')) return rtdetr(options);
  if (model.startsWith('deim-rtdetr')) return deimRtdetr(options);
  return model.startsWith('dfine-') ? dfine(options) : deim(options);
};

/** The recipe of a run: the config's, or the one that the model was published with. */
export const recipeOf = (
  { recipe, multiScale: repeat }: Pick<ResolvedConfig, 'recipe' | 'multiScale'>,
  detector: Detector,
  context: RecipeContext,
): Recipe => {
  const found = typeof recipe === 'function' ? recipe(context) : (recipe ?? published(detector));
  return repeat === false
    ? found
    : { ...found, batchAugmentations: [...found.batchAugmentations, multiScale({ repeat })] };
};

/** Warns of what hardly works in a recipe. Throws a user error with all that cannot work. */
export const requireFit = (recipe: Recipe, detector: Detector, maxTargets: number, output: Output): void => {
  const problems = checkRecipe(recipe, detector, { maxTargets });
  const line = ({ field, seen, fix }: (typeof problems)[number]) => `${field}: ${seen}. ${fix}.`;
  for (const problem of problems) if (problem.severity === 'warning') output.warn(line(problem));
  const errors = problems.filter(({ severity }) => severity === 'error').map((problem) => `  ${line(problem)}`);
  if (errors.length > 0)
    throw userError(`The recipe ${recipe.name} does not fit ${detector.name}:\n${errors.join('\n')}`);
};
