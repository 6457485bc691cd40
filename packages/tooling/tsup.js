import { defineConfig } from 'tsup';

/**
 * The one build preset: ESM only, declarations, source maps.
 *
 * @param {import('tsup').Options} [extra]
 */
export const library = (extra = {}) =>
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
