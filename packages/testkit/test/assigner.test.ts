import { type Assigner, BACKGROUND, createRng, emptyAssignment, IGNORE } from '@detrain/core';
import {
  type AssignerPromises,
  assignContext,
  assignerChecks,
  problemsOf,
  randomScene,
  testAssigner,
} from '@detrain/testkit';
import { describe, expect, it } from 'vitest';

/** A control: candidate i answers for target i, whatever it looks like (the "lazy" matcher). */
const lazy: Assigner = {
  name: 'lazy',
  options: {},
  cardinality: 'one-to-one',
  assign: ({ boxes, valid }, { labels }) => ({
    targetOf: Int32Array.from({ length: boxes.length / 4 }, (_, i) =>
      valid?.[i] === 0 ? IGNORE : i < labels.length ? i : BACKGROUND,
    ),
  }),
};
testAssigner(() => lazy, {
  permutation: 'it goes by index',
  exactCopy: 'it goes by index',
  notANumber: true,
});

/** A control: the closest target by centre, one-to-many. */
const closest: Assigner = {
  name: 'closest',
  options: {},
  cardinality: 'one-to-many',
  assign: ({ boxes, valid }, targets) => {
    const { targetOf } = emptyAssignment(boxes.length / 4);
    targetOf.forEach((_, i) => {
      let least = Infinity;
      for (let j = 0; j < targets.labels.length && valid?.[i] !== 0; j++) {
        const distance =
          (boxes[4 * i]! - targets.boxes[4 * j]!) ** 2 + (boxes[4 * i + 1]! - targets.boxes[4 * j + 1]!) ** 2;
        if (distance >= least) continue;
        least = distance;
        targetOf[i] = j;
      }
    });
    return { targetOf };
  },
};
testAssigner(() => closest, { logits: false, levels: (count) => [count - 2, 2], multipleOf: 2 });

/** The reports of the checks that fail, by promise. */
const broken = (make: () => Assigner, promises: AssignerPromises = {}): Record<string, string> => {
  const reports: Record<string, string> = {};
  for (const { promise, run } of assignerChecks(make, { logits: false, runs: 200, ...promises })) {
    try {
      run();
    } catch (error) {
      reports[promise] = (error as Error).message;
    }
  }
  return reports;
};
const changed = (change: Partial<Assigner>): (() => Assigner) => {
  return () => ({ ...closest, ...change });
};

describe('a broken promise', () => {
  it('is named, with the smallest scene that breaks it, ready to paste', () => {
    // A rule with a preference: of two candidates it takes the left one.
    const leftmost: Assigner['assign'] = ({ boxes, valid }, { labels }) => {
      const { targetOf } = emptyAssignment(boxes.length / 4);
      let left = -1;
      targetOf.forEach((_, i) => {
        if (valid?.[i] !== 0 && (left < 0 || boxes[4 * i]! < boxes[4 * left]!)) left = i;
      });
      if (left >= 0 && labels.length > 0) targetOf[left] = 0;
      return { targetOf };
    };
    const reports = broken(changed({ name: 'leftmost', assign: leftmost }), {
      permutation: 'target 0',
      exactCopy: 'no',
    });
    expect(Object.keys(reports)).toEqual(['a mirrored image gives the same pairs']);
    const report = reports['a mirrored image gives the same pairs']!;
    expect(report).toMatch(/^testkit: leftmost breaks the promise "a mirrored image gives the same pairs":\n- pairs/);
    expect(report).toMatch(/that were lost: [01]-0; that are new: [01]-0/);
    expect(report).toMatch("testAssigner(make, { flip: 'the reason' })");
    // Two candidates and a target are the least it takes.
    const [candidates, targets] = Array.from(report.matchAll(/boxes: Float32Array\.of\((.*)\)/g), ([, numbers]) =>
      Float32Array.from(numbers!.split(', ').map(Number)),
    );
    expect([candidates!.length, targets!.length]).toEqual([8, 4]);
    const labels = Int32Array.of(0);
    const mirrored = candidates!.map((value, k) => (k % 4 === 0 ? 1 - value : value));
    const given = (boxes: Float32Array) =>
      leftmost({ boxes, numClasses: 1 }, { boxes: targets!, labels }, assignContext()).targetOf;
    expect(given(candidates!)).not.toEqual(given(mirrored));
  });

  it('is found whatever it is', () => {
    const only = (change: Partial<Assigner>, promises: AssignerPromises = {}) =>
      Object.keys(broken(changed(change), promises));
    expect(only({})).toEqual([]);
    expect(only({ options: { at: undefined } })).toEqual(['it describes itself in JSON, the same each time']);
    expect(only({ name: 'Closest One' })).toEqual(['it describes itself in JSON, the same each time']);
    expect(only({ slots: 0.5 })).toContain('it describes itself in JSON, the same each time');
    expect(only({ cardinality: 'one-to-one' })).toContain('assignments are well-formed');
    expect(only({ cardinality: 'one-to-one' })).toContain('there are as many pairs as there can be');

    let calls = 0;
    const counting: Assigner['assign'] = (candidates, targets, context) =>
      calls++ % 5 === 0 ? emptyAssignment(candidates.boxes.length / 4) : closest.assign(candidates, targets, context);
    expect(only({ assign: counting })).toContain(
      'equal input and seed give equal results, whatever was assigned before',
    );

    const scratch = new Int32Array(1000);
    const reusing: Assigner['assign'] = (candidates, targets, context) => {
      const { targetOf } = closest.assign(candidates, targets, context);
      scratch.set(targetOf);
      return { targetOf: scratch.subarray(0, targetOf.length) };
    };
    expect(broken(changed({ assign: reusing }))).toEqual({
      'equal input and seed give equal results, whatever was assigned before': expect.stringContaining(
        'a later call changed an earlier result',
      ),
    });

    const writing: Assigner['assign'] = (candidates, targets, context) => {
      const assignment = closest.assign(candidates, targets, context);
      candidates.boxes.fill(0.5);
      return assignment;
    };
    expect(only({ assign: writing })).toContain('input is left alone');

    const blind: Assigner['assign'] = ({ valid: _, ...candidates }, targets, context) =>
      closest.assign(candidates, targets, context);
    expect(only({ assign: blind })).toEqual(['candidates that are not valid are not used']);

    const near: Assigner['assign'] = (candidates, targets, context) => ({
      targetOf: closest
        .assign(candidates, targets, context)
        .targetOf.map((target, i) =>
          Math.abs(candidates.boxes[4 * i]! - (targets.boxes[4 * target] ?? 0)) < 0.1 ? target : BACKGROUND,
        ),
    });
    expect(only({ assign: near })).toEqual(['an image of half the size gives the same pairs']);

    const throwing: Assigner['assign'] = (candidates, targets, context) => {
      if (targets.labels.length > 30) throw new Error('too many');
      return closest.assign(candidates, targets, context);
    };
    expect(broken(changed({ assign: throwing }))).toEqual({
      'more targets than candidates are taken': expect.stringContaining('it threw Error: too many'),
    });

    expect(only({}, { notANumber: true })).toEqual([]);
    expect(only({}, { minimises: () => new Float64Array(9 * 7).fill(1) })).toEqual([
      'the total cost is the least there is',
    ]);
  });

  it('is not excused without a reason', () => {
    for (const excuse of ['', ' ', false])
      expect(() => assignerChecks(() => closest, { flip: excuse as string })).toThrow(
        /^testkit: flip: .*A symmetry is dropped for a stated reason only/,
      );
  });
});

describe('problemsOf', () => {
  const scene = randomScene(createRng(1), { candidates: 3, targets: 2, numClasses: 2 });
  const problems = (
    targetOf: number[],
    rest: Partial<ReturnType<Assigner['assign']>> = {},
    cardinality: Assigner['cardinality'] = 'one-to-one',
    slots = 1,
  ) => problemsOf({ targetOf: Int32Array.from(targetOf), ...rest }, scene, { cardinality, slots }).join('; ');

  it('finds each kind of mistake', () => {
    expect(problems([0, 1, -1])).toBe('');
    expect(problems([0, 1])).toMatch('2 entries for 3');
    expect(problems([0, 2, -3])).toMatch('answers for target 2; candidate 2 answers for target -3');
    expect(problems([0, 0, -1])).toMatch('two candidates answer');
    expect(problems([0, 0, -1], {}, 'one-to-many')).toBe('');
    const extra = (candidate: number, target: number) => ({
      extraPairs: { candidates: Int32Array.of(candidate), targets: Int32Array.of(target) },
    });
    expect(problems([0, -1, -1], extra(0, 1))).toMatch('candidate 0 answers for 2 targets, but has 1 slots');
    expect(problems([0, -1, -1], extra(0, 1), 'one-to-many', 2)).toBe('');
    expect(problems([0, -1, -1], extra(0, 0), 'one-to-many', 2)).toMatch('twice');
    expect(problems([0, -1, -1], extra(1, 0), 'one-to-many')).toMatch('no first target');
    expect(problems([0, -1, -1], extra(5, 0), 'one-to-many')).toMatch('extra pair 0 is (5, 0)');
    expect(problems([0, 1, -1], { quality: Float32Array.of(0, 2, 0) })).toMatch('quality of candidate 1 is 2');
    expect(problems([0, 1, -1], { classWeight: Float32Array.of(0, Number.NaN, 0) })).toMatch(
      'classWeight of candidate 1',
    );
    expect(problems([0, 1, -1], { boxWeight: Float32Array.of(1) })).toMatch('boxWeight has 1 entries');
  });
});
