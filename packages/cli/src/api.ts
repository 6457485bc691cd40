/** What a config file imports from `@detrain/cli`. */
export {
  type ConfigOption,
  type DetrainConfig,
  defineConfig,
  type ModelContext,
  type RecipeContext,
  type ZooModel,
} from './config/types.ts';
