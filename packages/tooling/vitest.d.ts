import type { defineProject } from 'vitest/config';

/** The one test preset: packages resolve to their sources, so tests need no build. */
export declare const project: (name: string) => ReturnType<typeof defineProject>;
