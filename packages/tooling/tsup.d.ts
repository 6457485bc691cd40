import type { defineConfig, Options } from 'tsup';

/** The one build preset: ESM only, declarations, source maps. */
export declare const library: (extra?: Options) => ReturnType<typeof defineConfig>;
