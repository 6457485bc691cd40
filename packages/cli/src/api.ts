/** What a config file imports from `@detrain/cli`. */
export {
  type ConfigOption,
  type DetrainConfig,
  defineConfig,
  type ModelContext,
  type RecipeContext,
  type WeightsConfig,
  type ZooModel,
} from './config/types.ts';
export type { CandidateSource, FixedCandidates, InspectStrategies, InspectStrategy } from './run/inspect/types.ts';
