import { fileURLToPath } from 'node:url';
import { defineProject } from 'vitest/config';

const conditions = ['@detrain/source'];

/**
 * The one test preset: packages resolve to their sources, so tests need no build.
 *
 * @param {string} name
 */
export const project = (name) =>
  defineProject({
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    test: {
      name,
      include: ['test/**/*.test.ts'],
      benchmark: { include: ['bench/**/*.bench.ts'] },
      testTimeout: 120_000,
      hookTimeout: 120_000,
      setupFiles: [fileURLToPath(new URL('./setup.ts', import.meta.url))],
    },
  });
