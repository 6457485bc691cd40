import { fail as failIn } from '@detrain/core';

/** Throws an error of this package: what was seen, what was wanted, what to do. */
export const fail = (seen: string, wanted: string, fix: string): never =>
  failIn('engine', seen, `Wanted ${wanted}`, fix);
