import { defineProject } from 'vitest/config';

const conditions = ['@detrain/source'];

/** The one test preset: packages resolve to their sources, so tests need no build. */
export const project = (name: string) =>
  defineProject({
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    test: {
      name,
      include: ['test/**/*.test.ts'],
      benchmark: { include: ['bench/**/*.bench.ts'] },
      testTimeout: 120_000,
      hookTimeout: 120_000,
      setupFiles: [new URL('./setup.ts', import.meta.url).pathname],
    },
  });
