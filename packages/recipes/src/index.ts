export { detr, dfine, type RecipeOptions, rtdetr } from './base.ts';
export { checkRecipe, type RecipeProblem, type RecipeUse } from './check.ts';
export { compose } from './compose.ts';
export { type DeimLiteOptions, type DeimOptions, deim, deimv2Lite, type LiteSize } from './deim.ts';
export { describeRecipe } from './describe.ts';
export { classLoss, knownQueries, matching, named, weights } from './patches.ts';
