import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChecks, excess, relativeL2, scaledError } from '../src/checks.ts';

describe('checks', () => {
  it('measures relative to the reference where that is large', () => {
    expect(scaledError([1.5, 0], [1, 0])).toBe(0.5);
    expect(scaledError([110, 0], [100, 0])).toBeCloseTo(0.1);
    expect(scaledError([Number.POSITIVE_INFINITY, Number.NaN], [Number.POSITIVE_INFINITY, Number.NaN])).toBe(0);
    expect(relativeL2([0, 3], [0, 2])).toBe(0.5);
    expect(relativeL2([0], [0])).toBe(0);
  });

  it('never passes a NaN, an infinity or another length', () => {
    for (const [ours, theirs] of [
      [[Number.NaN], [1]],
      [[1], [Number.NaN]],
      [[Number.POSITIVE_INFINITY], [1]],
      [[1, 2], [1]],
    ] as const) {
      const checks = createChecks();
      checks.close('close', ours, theirs, 1e3);
      checks.closeL2('l2', ours, theirs, 1e3);
      checks.exact('exact', ours, theirs);
      expect(checks.all.every((check) => excess(check) > 1)).toBe(true);
    }
  });

  it('is zero only for equal numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 }), (values) => {
        expect(scaledError(values, values)).toBe(0);
        expect(
          scaledError(
            values.map((v) => v + 1),
            values,
          ),
        ).toBeGreaterThan(0);
      }),
    );
  });
});
