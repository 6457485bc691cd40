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
  '@detrain/anchors': await import('@detrain/anchors'),
  '@detrain/assigner-atss': await import('@detrain/assigner-atss'),
  '@detrain/assigner-fcos': await import('@detrain/assigner-fcos'),
  '@detrain/assigner-iou': await import('@detrain/assigner-iou'),
  '@detrain/assigner-paa': await import('@detrain/assigner-paa'),
  '@detrain/assigner-simota': await import('@detrain/assigner-simota'),
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

/** A file's path as messages have it. */
export const shortName = (file: string): string => path.relative(process.cwd(), file) || file;

/** What a file of code exports by default. Throws a user error when it cannot be loaded. */
export const loadDefault = async (file: string): Promise<unknown> => {
  const jiti = createJiti(import.meta.url, { fsCache: false, moduleCache: false, virtualModules: await bundled() });
  try {
    return await jiti.import(file, { default: true });
  } catch (error) {
    throw Object.assign(userError(`${shortName(file)} cannot be loaded: ${(error as Error).message}`), {
      cause: error,
    });
  }
};

/** Loads and checks a config file. Throws a user error with all of its problems. */
export const loadConfig = async (file: string, call: { readonly smoke: boolean }): Promise<DetrainConfig> => {
  const option = await loadDefault(file);
  const config = typeof option === 'function' ? (option as Exclude<ConfigOption, DetrainConfig>)(call) : option;
  return checkedConfig(config, shortName(file));
};
