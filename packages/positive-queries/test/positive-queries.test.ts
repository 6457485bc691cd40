import { BACKGROUND, createRng, IGNORE, inverseSigmoid, type Rng } from '@detrain/core';
import {
  choosePositives,
  type HeadAssignment,
  paddingMasks,
  positiveQueries,
  separateSets,
} from '@detrain/positive-queries';
import { describe, expect, it } from 'vitest';

const numClasses = 7;

/** An image of a head: random boxes, `positives` of which answer for one of four targets. */
const randomImage = (rng: Rng, count: number, positives: number): HeadAssignment => {
  const unit = (length: number) => Float32Array.from({ length }, rng.next);
  const targetOf = Int32Array.from({ length: count }, () => (rng.int(4) ? BACKGROUND : IGNORE));
  for (const i of rng.permutation(count).subarray(0, positives)) targetOf[i] = rng.int(4);
  return {
    candidates: { boxes: unit(4 * count) },
    assignment: { targetOf },
    targets: { boxes: unit(16), labels: Int32Array.from({ length: 4 }, () => rng.int(numClasses)) },
  };
};

const context = (rng: Rng, numQueries = 5) => ({ rng, numClasses, numQueries });
const positivesOf = ({ assignment }: HeadAssignment) => assignment.targetOf.filter((target) => target >= 0).length;

describe('positiveQueries', () => {
  it('keeps its promises on 10,000 batches', () => {
    const rng = createRng('positives');
    for (let run = 0; run < 10_000; run++) {
      const images = Array.from({ length: 1 + rng.int(3) }, () => {
        const count = rng.int(30);
        return randomImage(rng, count, rng.int(count + 1));
      });
      const [min, max] = [1 + rng.int(4), 5 + rng.int(12)];
      const padding = run % 2 ? 'zeros' : 'negatives';
      const negatives = run % 3 ? 'background' : 'unmatched';
      const options = { min, max, padding, negatives, perLocation: 3 } as const;
      const queries = positiveQueries(images, context(rng.fork(run)), options);
      const { count } = queries;
      const wrong: string[] = [];
      if (count !== Math.max(min, Math.min(max, ...[Math.max(...images.map(positivesOf))]))) wrong.push(`${count}`);
      images.forEach(({ candidates, assignment, targets }, image) => {
        const own = queries.assignments[image]!.targetOf;
        if (own.filter((target) => target >= 0).length !== Math.min(positivesOf(images[image]!), count))
          wrong.push(`image ${image} lost positives`);
        const seen = new Set<string>();
        own.forEach((target, query) => {
          const row = image * count + query;
          const box = queries.coordinates.subarray(4 * row, 4 * row + 4);
          const wanted = queries.targetBoxes.subarray(4 * row, 4 * row + 4);
          if (target === IGNORE) {
            if (box.some((x) => x !== 0) || queries.padded[row] !== 1 || queries.features[row] !== -1)
              wrong.push(`padding ${row}`);
            return;
          }
          const candidate = Array.from(assignment.targetOf.keys()).find((i) =>
            box.every((x, e) => x === candidates.boxes[4 * i + e]),
          );
          if (candidate === undefined || queries.features[row] !== Math.floor(candidate / 3))
            wrong.push(`place ${row}`);
          const first = assignment.targetOf[candidate ?? 0]!;
          if (target !== Math.max(first, BACKGROUND) || (first === IGNORE && negatives === 'background'))
            wrong.push(`query ${row} of ${first} answers for ${target}`);
          const label = target < 0 ? numClasses : targets.labels[target];
          if (queries.labels[row] !== label || queries.boxWeights[row] !== (target < 0 ? 0 : 1))
            wrong.push(`label ${row}`);
          if (!wanted.every((x, e) => x === (target < 0 ? 0 : targets.boxes[4 * target + e]))) wrong.push(`box ${row}`);
          // positives come once; negatives may come again where there are too few
          if (target >= 0 && seen.has(String(candidate))) wrong.push(`candidate ${candidate} twice`);
          seen.add(String(candidate));
        });
        if (padding === 'zeros' && own.includes(BACKGROUND)) wrong.push('a negative beside zeros');
      });
      expect(wrong, `batch ${run}`).toEqual([]);
      expect(queries.positives).toBe(queries.boxWeights.reduce((sum, weight) => sum + weight, 0));
    }
  });

  it('gives every image as many queries as the one with most positives, from 9 to 300', () => {
    const rng = createRng(1);
    const count = (...positives: number[]) =>
      positiveQueries(
        positives.map((n) => randomImage(rng, 500, n)),
        context(rng),
      ).count;
    expect([count(0, 0), count(4, 20), count(310, 2), count(9)]).toEqual([9, 20, 300, 9]);
  });

  it('describes known queries: logits, classes, who sees whom', () => {
    const rng = createRng(2);
    const queries = positiveQueries([randomImage(rng, 20, 3)], context(rng, 2), {
      min: 4,
      max: 4,
      count: 6,
      name: 'atss',
    });
    expect([queries.name, queries.count, queries.groups]).toEqual(['atss', 6, 1]);
    expect(Array.from(queries.padded)).toEqual([0, 0, 0, 0, 1, 1]);
    queries.boxes.forEach((logit, k) => {
      expect(logit).toBeCloseTo(inverseSigmoid(queries.coordinates[k]!), 5);
    });
    const free = (row: number) => Array.from({ length: 8 }, (_, k) => 1 - queries.blocked[row * 8 + k]!).join('');
    expect([free(0), free(4), free(5), free(6)]).toEqual(['11110000', '00001000', '00000100', '00000011']);
  });

  it('takes negatives again where there are too few, and pads where there are none', () => {
    const image = (targetOf: number[]): HeadAssignment => ({
      candidates: { boxes: Float32Array.from({ length: 4 * targetOf.length }, (_, k) => k / 100) },
      assignment: { targetOf: Int32Array.from(targetOf) },
      targets: { boxes: new Float32Array(4), labels: Int32Array.of(2) },
    });
    const few = positiveQueries([image([0, -1, -1])], context(createRng(3)), { min: 6 });
    expect(few.assignments[0]!.targetOf.join()).toBe('0,-1,-1,-1,-1,-1');
    expect(few.features.slice(1).toSorted().join()).toBe(
      '1,1,1,2,2'.replace('1,1,1,2,2', few.features[1] === 1 ? '1,1,1,2,2' : '1,1,2,2,2'),
    );
    const none = positiveQueries([image([0, 0]), image([])], context(createRng(3)), { min: 3 });
    expect(none.assignments.map(({ targetOf }) => targetOf.join())).toEqual(['0,0,-2', '-2,-2,-2']);
    // ignored candidates count as negatives in the published code
    const ignored = positiveQueries([image([0, -2])], context(createRng(3)), { min: 2, negatives: 'unmatched' });
    expect([ignored.assignments[0]!.targetOf.join(), ignored.features.join()]).toEqual(['0,-1', '0,1']);
  });

  it('says what does not fit', () => {
    const rng = createRng(4);
    const image = randomImage(rng, 5, 1);
    const wrong = { ...image, assignment: { targetOf: new Int32Array(4) } };
    expect(() => positiveQueries([wrong], context(rng))).toThrow(
      'positive-queries: an assignment of 4 for 5 candidates',
    );
    expect(() => positiveQueries([image], context(rng), { count: 100 })).toThrow('count: 100. At least max: 300');
  });
});

describe('choosePositives', () => {
  it('draws only where it must, positives or negatives, image by image', () => {
    const drawn: number[] = [];
    const rng = createRng(5);
    const watched: Rng = {
      ...rng,
      permutation: (n) => {
        drawn.push(n);
        return rng.permutation(n);
      },
    };
    const of = (positives: number, negatives: number) => ({
      targetOf: Int32Array.from({ length: positives + negatives }, (_, i) => (i < positives ? 0 : BACKGROUND)),
    });
    choosePositives([of(12, 5), of(10, 5), of(3, 20)], watched, { min: 2, max: 10 });
    expect(drawn).toEqual([12, 20]);
  });
});

describe('masks', () => {
  it('keep sets and padding apart, and leave every row something to see', () => {
    const masks = paddingMasks(Uint8Array.of(0, 1, 0, 0), 2);
    expect(Array.from(masks)).toEqual([0, 1, 1, 0, 0, 0, 0, 0]);
    const blocked = separateSets(3, 2, 2);
    for (let row = 0; row < 5; row++) expect(blocked.subarray(5 * row, 5 * row + 5)).toContain(0);
  });
});
