import { existsSync } from 'node:fs';
import path from 'node:path';
import { createJiti } from 'jiti';
import { userError } from '../errors.ts';
import { checkedConfig } from './problems.ts';
import type { ConfigOption, DetrainConfig } from './types.ts';

/** Files that `detrain train` takes when none is named. */
export const CONFIG_FILES = [
  'detrain.config.ts',
  'detrain.config.mts',
  'detrain.config.js',
  'detrain.config.mjs',
] as const;

/** Packages a config may import without installing them: it gets the command's own copies. */
const bundled = async (): Promise<Record<string, unknown>> => ({
  '@detrain/cli': await import('../api.ts'),
  '@detrain/core': await import('@detrain/core'),
  '@detrain/augment': await import('@detrain/augment'),
  '@detrain/denoising': await import('@detrain/denoising'),
  '@detrain/dense-o2o': await import('@detrain/dense-o2o'),
  '@detrain/losses': await import('@detrain/losses'),
  '@detrain/matcher-hungarian': await import('@detrain/matcher-hungarian'),
  '@detrain/models': await import('@detrain/models'),
  '@detrain/nn': await import('@detrain/nn'),
  '@detrain/recipes': await import('@detrain/recipes'),
  '@detrain/trainer': await import('@detrain/trainer'),
  '@tensorflow/tfjs-core': await import('@tensorflow/tfjs-core'),
});

/** The config file to use: the one named, else the one of the folder, else null. */
export const findConfig = (named: string | undefined, folder = process.cwd()): string | null => {
  if (named !== undefined) {
    const file = path.resolve(folder, named);
    if (existsSync(file)) return file;
    throw userError(`${named} does not exist. Name a config file, or leave it out to train with the defaults.`);
  }
  return CONFIG_FILES.map((name) => path.join(folder, name)).find((file) => existsSync(file)) ?? null;
};

/** Loads and checks a config file. Throws a user error with all of its problems. */
export const loadConfig = async (file: string, call: { readonly smoke: boolean }): Promise<DetrainConfig> => {
  const jiti = createJiti(import.meta.url, { fsCache: false, moduleCache: false, virtualModules: await bundled() });
  const name = path.relative(process.cwd(), file) || file;
  let option: unknown;
  try {
    option = await jiti.import(file, { default: true });
  } catch (error) {
    throw Object.assign(userError(`${name} cannot be loaded: ${(error as Error).message}`), { cause: error });
  }
  const config = typeof option === 'function' ? (option as Exclude<ConfigOption, DetrainConfig>)(call) : option;
  return checkedConfig(config, name);
};
