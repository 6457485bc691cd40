import {
  areaUnderIofIob,
  changedShare,
  conflictDistances,
  discriminability,
  foregroundOf,
  iofIobCurve,
  meanIofIob,
} from '@detrain/metrics';
import { describe, expect, it } from 'vitest';

describe('discriminability', () => {
  const level = { data: [3, 0, 0, 0, 4, 0, 0, 0], channels: 2, height: 2, width: 2 };

  it('is the norm over channels, divided by its largest', () => {
    const { data } = discriminability([level], { height: 2, width: 2 });
    expect(Array.from(data)).toEqual([1, 0, 0, 0]);
  });

  it('divides before it resizes, or after', () => {
    const one = { data: [1, 3], channels: 1, height: 1, width: 2 };
    const [before, after] = (['level', 'image'] as const).map((normalize) =>
      Array.from(discriminability([one, one], { height: 1, width: 1, normalize }).data),
    );
    // The middle of 1/3 and 1; the middle alone is its own largest.
    expect(before![0]).toBeCloseTo(2 / 3, 12);
    expect(after).toEqual([1]);
    const dark = { ...one, data: [0, 0] };
    expect(Array.from(discriminability([dark], { height: 1, width: 2 }).data)).toEqual([0, 0]);
  });

  it('names what does not fit', () => {
    expect(() => discriminability([], { height: 1, width: 1 })).toThrow('metrics: no levels');
    expect(() => discriminability([{ ...level, width: 3 }], { height: 2, width: 2 })).toThrow('a map of 8 numbers');
  });
});

describe('foregroundOf', () => {
  it('marks pixels whose centre is inside, also of boxes beyond the image', () => {
    const targets = { boxes: Float32Array.of(0, 0.5, 0.5, 0.5, 2, 2, 0.5, 0.5), labels: Int32Array.of(0, 0) };
    expect(Array.from(foregroundOf(targets, 2, 4))).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
    const whole = { boxes: Float32Array.of(0.5, 0.5, 3, 3), labels: Int32Array.of(0) };
    expect(Array.from(foregroundOf(whole, 2, 2))).toEqual([1, 1, 1, 1]);
  });
});

describe('IoF and IoB', () => {
  it('separate what features know from what they do not', () => {
    const foreground = [1, 1, 0, 0];
    const knows = iofIobCurve([1, 0.9, 0.1, 0], foreground);
    expect([knows.iof[50], knows.iob[50], knows.quiet[50]]).toEqual([1, 0, 1]);
    expect(areaUnderIofIob(knows)).toBe(1);
    expect(areaUnderIofIob(iofIobCurve([0, 0.1, 0.9, 1], foreground))).toBe(0);
    const ignorant = iofIobCurve([0.5, 0.5, 0.5, 0.5], foreground);
    expect(areaUnderIofIob(ignorant)).toBe(0.5);
    // On the threshold a pixel is neither above nor below.
    expect([ignorant.iob[50], ignorant.quiet[50]]).toEqual([0, 0]);
    expect(areaUnderIofIob(meanIofIob([knows, ignorant]))).toBeGreaterThan(0.5);
    expect(Array.from(iofIobCurve([0.5], [0]).iof)).toEqual(new Array(101).fill(0));
    expect(() => iofIobCurve([1], [1, 0])).toThrow('metrics: 1 scores, 2 pixels');
    expect(() => meanIofIob([])).toThrow('metrics: no curves');
  });

  it('has the area of a rank statistic', () => {
    // The chance that a pixel of an object outshines one of the background, ties for half.
    const scores = Array.from({ length: 60 }, (_, k) => ((k * 37) % 100) / 100 + 0.005);
    const foreground = scores.map((_, k) => (k % 3 === 0 ? 1 : 0));
    let wins = 0;
    let games = 0;
    scores.forEach((a, i) => {
      scores.forEach((b, j) => {
        if (!foreground[i] || foreground[j]) return;
        games++;
        wins += a > b ? 1 : a === b ? 0.5 : 0;
      });
    });
    expect(areaUnderIofIob(iofIobCurve(scores, foreground))).toBeCloseTo(wins / games, 12);
  });
});

describe('conflictDistances', () => {
  it('is a divergence of distributions, mean over images', () => {
    const { pairs, heads } = conflictDistances([
      [
        [2, 2],
        [1, 3],
      ],
      [
        [1, 3],
        [1, 3],
      ],
      [
        [4, 4],
        [1, 3],
      ],
    ]);
    const there = (0.5 * Math.log(0.5 / 0.25) + 0.5 * Math.log(0.5 / 0.75)) / 2;
    const back = (0.25 * Math.log(0.25 / 0.5) + 0.75 * Math.log(0.75 / 0.5)) / 2;
    expect(pairs[0]![1]).toBeCloseTo(there, 9);
    expect(pairs[1]![0]).toBeCloseTo(back, 9);
    expect(pairs[0]![2]).toBe(0);
    expect(heads[1]).toBeCloseTo((2 * there + 2 * back) / 4, 9);
    expect(heads[0]).toBeCloseTo((there + back) / 4, 9);
  });

  it('stays finite where a head sees nothing', () => {
    const { pairs } = conflictDistances([[[1, 0]], [[0, 1]], [[-1, 0]]]);
    expect(pairs.flatMap((row) => [...row]).every(Number.isFinite)).toBe(true);
    expect(pairs[0]![1]).toBeGreaterThan(10);
    expect(() => conflictDistances([[[1]]])).toThrow('at least two heads');
    expect(() => conflictDistances([[[1]], [[1, 2]]])).toThrow('maps of 1 and 2 pixels');
  });
});

describe('changedShare', () => {
  it('is of queries that had or have a target', () => {
    expect(changedShare([[0, 1, -1, -1]], [[0, -1, 1, -1]])).toBeCloseTo(2 / 3, 12);
    expect(changedShare([[-1]], [[-1]])).toBe(0);
    expect(changedShare([], [])).toBe(0);
  });
});
