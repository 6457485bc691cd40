import { BACKGROUND, createRng, IGNORE, type KnownQueries, type Targets } from '@detrain/core';
import {
  buildDenoising,
  contrastiveDenoising,
  denoisingLayout,
  denoisingMask,
  drawDenoising,
} from '@detrain/denoising';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const numClasses = 5;
const image = (count: number, seed = 0): Targets => {
  const rng = createRng(`${count}/${seed}`);
  return {
    boxes: Float32Array.from({ length: 4 * count }, (_, k) =>
      k % 4 < 2 ? rng.uniform(0.3, 0.7) : rng.uniform(0.05, 0.3),
    ),
    labels: Int32Array.from({ length: count }, () => rng.int(numClasses)),
  };
};
const context = (seed = 1) => ({ rng: createRng(seed), numClasses, numQueries: 7 });
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const sees = ({ count, blocked }: KnownQueries, row: number, column: number) =>
  blocked[row * (count + 7) + column] === 0;

describe('contrastiveDenoising', () => {
  const source = contrastiveDenoising({ count: 10, maxTargets: 10 });

  it('has one shape for every batch', () => {
    expect(source.count).toBe(20);
    expect(contrastiveDenoising().count).toBe(200);
    fc.assert(
      fc.property(fc.array(fc.nat(14), { minLength: 1, maxLength: 4 }), fc.nat(), (counts, seed) => {
        const targets = counts.map((count, b) => image(count, b));
        const known = source.build(targets, context(seed));
        if (counts.every((count) => count === 0)) {
          expect(known).toBeNull();
          return;
        }
        const { count, labels, boxes, blocked, assignments, groups } = known!;
        expect([count, labels.length, boxes.length, blocked.length]).toEqual([
          20,
          20 * counts.length,
          80 * counts.length,
          27 ** 2,
        ]);
        expect(boxes.every((x) => Math.abs(x) <= 11.513)).toBe(true);
        expect(labels.every((label) => label >= 0 && label <= numClasses)).toBe(true);
        const most = Math.min(10, Math.max(...counts));
        expect(groups).toBe(Math.max(1, Math.floor(10 / most)));
        assignments.forEach(({ targetOf }, b) => {
          // Each target that takes part has one positive a group; padding is ignored.
          const perTarget = new Map<number, number>();
          for (const target of targetOf) if (target >= 0) perTarget.set(target, (perTarget.get(target) ?? 0) + 1);
          expect(perTarget.size).toBe(Math.min(counts[b]!, 10));
          expect([...perTarget.keys()].every((target) => target < counts[b]!)).toBe(true);
          expect([...perTarget.values()].every((copies) => copies === groups)).toBe(true);
          targetOf.forEach((target, query) => {
            expect(target === IGNORE).toBe(query >= 2 * most * groups);
          });
        });
      }),
    );
  });

  it('repeats itself with the same generator, and only then', () => {
    const targets = [image(3), image(12)];
    expect(source.build(targets, context(4))).toEqual(source.build(targets, context(4)));
    expect(source.build(targets, context(5))?.boxes).not.toEqual(source.build(targets, context(4))?.boxes);
  });

  it('moves edges of positives by less than the noise, of negatives by one to two of it', () => {
    const targets = [image(5)];
    const { queries } = denoisingLayout(targets, 100)!;
    // All edges move outwards, so that none cross.
    const draws = {
      ...drawDenoising(createRng(3), 1, queries, numClasses),
      boxSign: Uint8Array.from({ length: 4 * queries }, (_, k) => (k % 4 < 2 ? 0 : 1)),
    };
    const { boxes, assignments } = buildDenoising(targets, draws, { numClasses, numQueries: 7, boxNoise: 0.5 })!;
    const corners = (box: ArrayLike<number>, at: number) => {
      const [cx, cy, w, h] = [0, 1, 2, 3].map((e) => box[4 * at + e]!) as [number, number, number, number];
      return [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2];
    };
    const activated = boxes.map(sigmoid);
    for (let query = 0; query < queries; query++) {
      const k = query % 5;
      const noise = [2, 3, 2, 3].map((e) => (0.5 * targets[0]!.boxes[4 * k + e]!) / 2);
      const truth = corners(targets[0]!.boxes, k);
      const positive = assignments[0]!.targetOf[query] === k;
      corners(activated, query).forEach((edge, e) => {
        const share = Math.abs(edge - truth[e]!) / noise[e]!;
        expect(share).toBeGreaterThan(positive ? -0.001 : 0.999);
        expect(share).toBeLessThan(positive ? 1.001 : 2.001);
      });
    }
  });

  it('replaces half the label noise of the classes', () => {
    const targets = [image(50)];
    const share = (labelNoise: number) => {
      const changed = Array.from({ length: 20 }, (_, seed) => {
        const { labels } = contrastiveDenoising({ labelNoise }).build(targets, context(seed))!;
        return labels.filter((label, query) => label !== targets[0]!.labels[query % 50]).length / 200;
      });
      return changed.reduce((a, b) => a + b) / changed.length;
    };
    expect(share(0)).toBe(0);
    // A fifth of the new classes are the old ones.
    expect(share(0.5)).toBeCloseTo(0.25 * 0.8, 1);
    expect(share(2)).toBeCloseTo(0.8, 1);
  });

  it('blocks queries from denoising, groups from each other, padding from all', () => {
    const known = contrastiveDenoising({ count: 10, maxTargets: 10 }).build([image(3)], context())!;
    // Three groups of six, two padding queries, seven of the model.
    const room = (index: number) =>
      index >= 20 ? 'model' : index >= 18 ? `padding ${index}` : `group ${Math.floor(index / 6)}`;
    for (let row = 0; row < 27; row++)
      for (let column = 0; column < 27; column++) {
        const allowed = room(row) === room(column) || (room(row).startsWith('group') && room(column) === 'model');
        expect(sees(known, row, column), `${room(row)} sees ${room(column)}`).toBe(allowed);
      }
  });
});

describe('buildDenoising', () => {
  const targets = [image(2), image(0)];
  const layout = denoisingLayout(targets, 5)!;
  const draws = drawDenoising(createRng(0), 2, layout.queries, numClasses);
  const options = { numClasses, numQueries: 7, count: 5 };

  it('is the same with padding, but for the padding', () => {
    expect(layout).toEqual({ slots: 2, groups: 2, queries: 8 });
    const plain = buildDenoising(targets, draws, options)!;
    const padded = buildDenoising(targets, draws, { ...options, padTo: 11 })!;
    for (const b of [0, 1]) {
      expect(padded.labels.slice(11 * b, 11 * b + 8)).toEqual(plain.labels.slice(8 * b, 8 * b + 8));
      expect(padded.boxes.slice(44 * b, 44 * b + 32)).toEqual(plain.boxes.slice(32 * b, 32 * b + 32));
      expect(padded.assignments[b]!.targetOf.slice(0, 8)).toEqual(plain.assignments[b]!.targetOf);
    }
    expect(Array.from(plain.assignments[0]!.targetOf)).toEqual([0, 1, -1, -1, 0, 1, -1, -1]);
    expect(plain.assignments[1]!.targetOf.every((target) => target === BACKGROUND)).toBe(true);
    expect(plain.labels.slice(8).every((label) => label === numClasses)).toBe(true);
    expect(denoisingMask(layout, 8, 7)).toEqual(plain.blocked);
  });

  it('gives nothing for nothing, and names what does not fit', () => {
    expect(buildDenoising([image(0)], draws, options)).toBeNull();
    expect(denoisingLayout([image(3)], 100)).toEqual({ slots: 3, groups: 33, queries: 198 });
    expect(denoisingLayout([image(150)], 100)).toEqual({ slots: 150, groups: 1, queries: 300 });
    expect(() => buildDenoising(targets, draws, { ...options, padTo: 6 })).toThrow(
      'denoising: 8 queries. At most 6 fit.',
    );
    expect(() => buildDenoising([image(2)], draws, options)).toThrow('denoising: draws for 16 queries');
  });
});
