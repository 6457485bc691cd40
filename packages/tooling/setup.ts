import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/** The folder of reference data outside the repository, or undefined. */
const workspace = fileURLToPath(new URL('../..', import.meta.url));
process.env['DETRAIN_REFERENCE'] ??= path.resolve(workspace, '../shared');
if (!existsSync(process.env['DETRAIN_REFERENCE'])) process.env['DETRAIN_REFERENCE'] = '';

type Numbers = ArrayLike<number>;

interface CloseOptions {
  /** Absolute tolerance. */
  atol?: number;
  /** Relative tolerance, of the expected value. */
  rtol?: number;
}

expect.extend({
  /** Elementwise |a - b| <= atol + rtol |b|, with NaN equal to NaN. */
  toBeAllclose(actual: Numbers, expected: Numbers, { atol = 1e-6, rtol = 1e-5 }: CloseOptions = {}) {
    if (actual.length !== expected.length)
      return { pass: false, message: () => `length ${actual.length}, expected ${expected.length}` };
    let worst = -1;
    let excess = 0;
    for (let i = 0; i < actual.length; i++) {
      const a = actual[i] as number;
      const b = expected[i] as number;
      if (Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
      const over = Math.abs(a - b) - (atol + rtol * Math.abs(b));
      if (!(over <= 0) && (worst < 0 || over > excess)) {
        worst = i;
        excess = over;
      }
    }
    return {
      pass: worst < 0,
      message: () => `element ${worst}: ${actual[worst]}, expected ${expected[worst]} (over tolerance by ${excess})`,
    };
  },
});

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: the signature vitest asks for
  interface Assertion<T = any> {
    toBeAllclose(expected: Numbers, options?: CloseOptions): T;
  }
}
