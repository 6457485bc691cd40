import type { QueryGroup } from '@detrain/core/tensors';
import { useEager } from '@detrain/tooling/eager';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { joinMasks, querySpans } from '../src/index.ts';

beforeAll(useEager);

/** A group whose mask says of each pair who looks and who is seen, so that pieces can be recognised. */
const group = (name: string, count: number, queries: number, add: number): QueryGroup => {
  const side = count + queries;
  const mask = Array.from({ length: side * side }, (_, i) => add + i);
  return { name, boxes: tf.zeros([1, count, 4]), mask: tf.tensor2d(mask, [side, side]) };
};

describe('known queries', () => {
  it('lie before the main ones, in order', () => {
    expect(querySpans([group('a', 2, 3, 0), group('b', 1, 3, 0)], 3)).toEqual([
      { name: 'a', first: 0, count: 2 },
      { name: 'b', first: 2, count: 1 },
      { name: 'main', first: 3, count: 3 },
    ]);
  });

  it('need no mask without groups and keep the mask of one', () => {
    expect(joinMasks([], 3)).toBeNull();
    const one = group('a', 2, 3, 0);
    expect(joinMasks([one], 3)).toBe(one.mask);
  });

  it('of several groups do not see each other', () => {
    const mask = joinMasks([group('a', 1, 2, 0), group('b', 2, 2, 100)], 2)!.arraySync();
    const blocked = -1e9;
    expect(mask).toEqual([
      [0, blocked, blocked, 1, 2],
      [blocked, 100, 101, 102, 103],
      [blocked, 104, 105, 106, 107],
      [3, 108, 109, 4 + 110, 5 + 111],
      [6, 112, 113, 7 + 114, 8 + 115],
    ]);
  });

  it('of several groups need no rows for the main ones', () => {
    const [a, b] = [group('a', 1, 2, 0), group('b', 2, 2, 100)] as const;
    const apart = [a, { ...b, mask: tf.slice(b.mask, [0, 0], [2, 4]) }];
    const mask = joinMasks(apart, 2)!.arraySync();
    const blocked = -1e9;
    expect(mask.slice(0, 3)).toEqual(joinMasks([a, b], 2)!.arraySync().slice(0, 3));
    expect(mask.slice(3)).toEqual([
      [3, blocked, blocked, 4, 5],
      [6, blocked, blocked, 7, 8],
    ]);
  });
});
