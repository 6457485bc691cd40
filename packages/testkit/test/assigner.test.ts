import { type Assigner, BACKGROUND, createRng, emptyAssignment, IGNORE } from '@detrain/core';
import { problemsOf, randomScene, testAssigner } from '@detrain/testkit';
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
testAssigner(() => lazy, { permutation: false, exactCopy: false, notANumber: true });

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
testAssigner(() => closest, { logits: false, levels: (count) => [count - 1, 1] });

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
