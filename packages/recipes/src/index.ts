export { detr, dfine, type RecipeOptions, rtdetr } from './base.ts';
export { checkRecipe, type RecipeProblem, type RecipeUse } from './check.ts';
export { compose } from './compose.ts';
export {
  type DeimLiteOptions,
  type DeimOptions,
  type Deimv2Options,
  deim,
  deimRtdetr,
  deimv2,
  deimv2Lite,
  type LiteSize,
} from './deim.ts';
export { describeRecipe } from './describe.ts';
export { classLoss, knownQueries, matching, named, weights } from './patches.ts';
export { publishedGroups } from './published-groups.ts';
export {
  type DeimRunFacts,
  type Deimv2LiteRunFacts,
  type Deimv2RunFacts,
  deimRtdetrRun,
  deimRun,
  deimv2LiteRun,
  deimv2Run,
  dfineRun,
  type PublishedRun,
  type RunFacts,
  rtdetrRun,
  type StandardRunFacts,
} from './runs.ts';
