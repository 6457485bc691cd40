import { assignFcos, FCOS_RANGES, fcos } from '@detrain/assigner-fcos';
import { BACKGROUND, createRng, IGNORE } from '@detrain/core';
import { assignContext, testAssigner } from '@detrain/testkit';
import { describe, expect, it } from 'vitest';

/** Two levels of the first two ranges. */
const ranges = [
  [-1, 0.2],
  [0.2, 1],
] as const;
const levels = (count: number): number[] => [count - (count >> 1), count >> 1];
const outOfRange = 'a copy of the target may be on a level that regresses other sizes';
testAssigner(() => fcos({ ranges, imageSize: [1, 1] }), {
  logits: false,
  notANumber: true,
  levels,
  exactCopy: outOfRange,
  scale: 'ranges are in pixels',
});
testAssigner(() => fcos({ ranges: [[-1, 1e8]], strides: [64], radius: 1.5 }), {
  notANumber: true,
  scale: 'the reach of a stride is in pixels',
});

const five = [1, 1, 1, 1, 1];

describe('assignFcos', () => {
  it('agrees with its definition on 10,000 scenes', () => {
    const rng = createRng('fcos');
    for (let run = 0; run < 10_000; run++) {
      const count = [rng.int(12), rng.int(6), rng.int(3), rng.int(2), rng.int(2)];
      const points = Float32Array.from({ length: 2 * count.reduce((a, b) => a + b, 0) }, () => 4 * rng.int(200));
      const targets = Float32Array.from(
        Array.from({ length: rng.int(6) }, () => {
          const [x, y] = [8 * rng.int(80), 8 * rng.int(80)];
          return [x, y, x + 8 * rng.int(70), y + 8 * rng.int(70)];
        }).flat(),
      );
      const reach = run % 2 ? [12, 24, 48, 96, 192] : undefined;
      const { targetOf, distances } = assignFcos({ points, levels: count, targets }, reach ? { reach } : {});
      const level = count.flatMap((n, l) => Array<number>(n).fill(l));
      const sidesOf = (i: number, t: number) => [
        points[2 * i]! - targets[4 * t]!,
        points[2 * i + 1]! - targets[4 * t + 1]!,
        targets[4 * t + 2]! - points[2 * i]!,
        targets[4 * t + 3]! - points[2 * i + 1]!,
      ];
      const wanted = level.map((l, i) => {
        const [from, to] = FCOS_RANGES[l]!;
        const near = reach?.[l] ?? Infinity;
        let best = BACKGROUND;
        let smallest = Infinity;
        for (let t = 0; t < targets.length / 4; t++) {
          const [left, top, right, bottom] = sidesOf(i, t) as [number, number, number, number];
          const inside = Math.min(left, top, right, bottom) > 0;
          const central = Math.abs(left - right) / 2 < near && Math.abs(top - bottom) / 2 < near;
          const farthest = Math.max(left, top, right, bottom);
          const area = (left + right) * (top + bottom);
          if (inside && central && farthest >= from && farthest <= to && area < smallest) [best, smallest] = [t, area];
        }
        return best;
      });
      expect(Array.from(targetOf), `scene ${run}`).toEqual(wanted);
      const sides = wanted.flatMap((t, i) => (t < 0 ? [0, 0, 0, 0] : sidesOf(i, t)));
      expect(Array.from(distances), `scene ${run}`).toEqual(sides);
    }
  });

  it('takes ranges with both ends, and only the inside of a target', () => {
    const run = (x: number, right: number, level = 0) => {
      const points = new Float32Array(10).fill(-1e6);
      points.set([x, 1], 2 * level);
      return assignFcos({ points, levels: five, targets: Float32Array.of(0, 0, right, 2) }).targetOf[level];
    };
    expect([run(1, 65), run(1, 65, 1), run(1, 65.1), run(1, 65.1, 1)]).toEqual([0, 0, BACKGROUND, 0]);
    expect([run(0, 10), run(10, 10)]).toEqual([BACKGROUND, BACKGROUND]);
  });

  it('samples around the centre, within the target', () => {
    const targets = Float32Array.of(0, 0, 40, 10);
    const at = (x: number, y: number) =>
      assignFcos({ points: Float32Array.of(x, y), levels: [1], targets }, { ranges: [[-1, 64]], reach: [12] })
        .targetOf[0];
    expect([at(20, 5), at(31, 5), at(32, 5), at(20, 11)]).toEqual([0, 0, BACKGROUND, BACKGROUND]);
  });

  it('ignores invalid points and says what does not fit', () => {
    const input = { points: Float32Array.of(1, 1), levels: [1], targets: Float32Array.of(0, 0, 2, 2) };
    const ranges = [[-1, 64]] as const;
    expect(assignFcos({ ...input, valid: Uint8Array.of(0) }, { ranges }).targetOf[0]).toBe(IGNORE);
    expect(() => assignFcos(input)).toThrow('assigner-fcos: 1 points, 1 levels of 1 points in all, 5 ranges');
  });
});

describe('fcos', () => {
  it('weighs points by their centerness', () => {
    const { targetOf, quality, boxWeight } = fcos({ ranges: [[-1, 1e8]], imageSize: [100, 100] }).assign(
      { boxes: Float32Array.of(0.25, 0.5, 0.08, 0.08), numClasses: 1 },
      { boxes: Float32Array.of(0.4, 0.5, 0.8, 1), labels: Int32Array.of(0) },
      assignContext(),
    );
    expect([targetOf[0], boxWeight === quality]).toEqual([0, true]);
    expect(quality?.[0]).toBeCloseTo(Math.sqrt(25 / 55), 6);
  });
});
