import {
  type Assignment,
  BACKGROUND,
  countPairs,
  emptyAssignment,
  fail,
  fromPairs,
  IGNORE,
  pairsOf,
  unionAssignments,
} from '@detrain/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const assign = (count: number, ...pairs: [number, number][]): Assignment =>
  fromPairs(count, {
    candidates: Int32Array.from(pairs, ([candidate]) => candidate),
    targets: Int32Array.from(pairs, ([, target]) => target),
  });
const listed = (assignment: Assignment) => {
  const { candidates, targets } = pairsOf(assignment);
  return Array.from(candidates, (candidate, k) => [candidate, targets[k]]);
};

describe('assignments', () => {
  it('are made from pairs and give them back', () => {
    const pair = fc.tuple(fc.nat(9), fc.nat(4));
    fc.assert(
      fc.property(fc.uniqueArray(pair, { selector: String, maxLength: 20 }), (pairs) => {
        const assignment = assign(10, ...pairs);
        expect(countPairs(assignment)).toBe(pairs.length);
        expect(listed(assignment).map(String).sort()).toEqual(pairs.map(String).sort());
      }),
    );
    expect(countPairs(emptyAssignment(3))).toBe(0);
    expect(Array.from(emptyAssignment(2).targetOf)).toEqual([BACKGROUND, BACKGROUND]);
    expect(assign(3, [1, 0], [1, 2]).extraPairs?.targets).toEqual(Int32Array.of(2));
    expect(() => assign(3, [3, 0])).toThrow('core: pair 0 is (3, 0)');
    expect(() => assign(3, [0, -1])).toThrow('core: pair 0 is (0, -1)');
  });
});

describe('unionAssignments', () => {
  it('gives the union set of the specification', () => {
    const last = assign(10, [3, 0], [7, 1]);
    const others = [assign(10, [3, 1], [9, 0]), assign(10, [3, 1], [7, 0]), assign(10, [5, 0], [7, 1])];
    expect(listed(unionAssignments([last, ...others], 2))).toEqual([
      [3, 1],
      [5, 0],
      [7, 1],
      [9, 0],
    ]);
  });

  it('gives each candidate its most frequent target, the lower on a tie, whatever the order of outputs', () => {
    const output = fc.array(fc.integer({ min: IGNORE, max: 3 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(output, { minLength: 1, maxLength: 6 }), (outputs) => {
        const assignments = outputs.map((targets) => ({ targetOf: Int32Array.from(targets) }));
        const union = unionAssignments(assignments, 4);
        union.targetOf.forEach((target, i) => {
          const votes = [0, 1, 2, 3].map((t) => outputs.filter((targets) => targets[i] === t).length);
          const most = Math.max(...votes);
          if (most > 0) expect(target).toBe(votes.indexOf(most));
          else expect(target).toBe(outputs.every((targets) => targets[i] === IGNORE) ? IGNORE : BACKGROUND);
        });
        expect(unionAssignments(assignments.toReversed(), 4)).toEqual(union);
      }),
    );
  });

  it('counts extra pairs, takes no targets, and wants equally many candidates', () => {
    const extra = assign(2, [0, 0], [0, 1]);
    expect(listed(unionAssignments([extra, assign(2, [0, 1])], 2))).toEqual([[0, 1]]);
    expect(listed(unionAssignments([emptyAssignment(2)], 0))).toEqual([]);
    expect(unionAssignments([], 3).targetOf.length).toBe(0);
    expect(() => unionAssignments([emptyAssignment(2), emptyAssignment(3)], 1)).toThrow(
      'core: outputs of 2 and 3 candidates',
    );
  });
});

describe('fail', () => {
  it('says who, what was seen, what was wanted, and what to do', () => {
    expect(() => fail('core', 'a box', 'Boxes have area.', 'Drop it')).toThrow(
      /^core: a box\. Boxes have area\. Drop it\.$/,
    );
  });
});
