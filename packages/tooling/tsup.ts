import { defineConfig, type Options } from 'tsup';

/** The one build preset: ESM only, declarations, source maps. */
export const library = (extra: Options = {}) =>
  defineConfig({
    entry: ['src/index.ts'],
    format: ['esm'],
    dts: true,
    sourcemap: true,
    clean: true,
    target: 'es2022',
    treeshake: true,
    ...extra,
  });
