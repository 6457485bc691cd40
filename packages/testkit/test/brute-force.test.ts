import { bruteForceLsap } from '@detrain/testkit';
import { describe, expect, it } from 'vitest';

describe('bruteForceLsap', () => {
  it('finds the least total, square, wide, tall and empty', () => {
    // Rows take columns 1, 0, 2.
    expect(bruteForceLsap([4, 1, 3, 2, 0, 5, 3, 2, 2], 3, 3)).toBe(5);
    expect(bruteForceLsap([9, 1, 9, 1, 2, 9], 2, 3)).toBe(2);
    expect(bruteForceLsap([9, 1, 1, 2, 9, 9], 3, 2)).toBe(2);
    expect(bruteForceLsap([], 0, 3)).toBe(0);
    expect(bruteForceLsap([1, Infinity, 1, Infinity], 2, 2)).toBe(Infinity);
  });
});
