import { useEager } from '@detrain/tooling/eager';
import type {} from '@detrain/tooling/setup';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { sineEmbedding, sineMap } from '../src/index.ts';
import { gradientError, noise } from './helpers.ts';

beforeAll(useEager);

describe('sineMap', () => {
  it('counts rows, then columns, in turns of the circle', () => {
    const table = sineMap({ height: 2, width: 4, dim: 4 });
    const turns = (row: number, column: number) => [row / 2, column / 4].map((share) => 2 * Math.PI * share);
    for (const [y, x] of [
      [0, 0],
      [1, 2],
    ] as const) {
      const [a, b] = turns(y + 1, x + 1) as [number, number];
      const at = (y * 4 + x) * 4;
      expect(table.slice(at, at + 4)).toBeAllclose([Math.sin(a), Math.cos(a), Math.sin(b), Math.cos(b)], {
        atol: 1e-5,
      });
    }
    expect(sineMap({ height: 1, width: 2, dim: 4, normalize: false })[7]).toBeCloseTo(Math.cos(2), 6);
  });

  it('does not count padding: what is valid is embedded as in a map of its own', () => {
    const padding = [0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1];
    const padded = sineMap({ height: 3, width: 4, dim: 8, padding });
    const own = sineMap({ height: 2, width: 3, dim: 8 });
    for (let y = 0; y < 2; y++) expect(padded.slice(y * 32, y * 32 + 24)).toEqual(own.slice(y * 24, y * 24 + 24));
    expect(padded.every(Number.isFinite)).toBe(true);
    expect(() => sineMap({ height: 1, width: 1, dim: 6 })).toThrow('a sine map of 6 channels');
  });
});

describe('sineEmbedding', () => {
  it('takes y before x, unless told otherwise', () => {
    const place = tf.tensor2d([[0.25, 0.5]]);
    expect(sineEmbedding(place, { dim: 2 }).dataSync()).toBeAllclose([0, -1, 1, 0]);
    expect(sineEmbedding(place, { dim: 2, order: 'xy' }).dataSync()).toBeAllclose([1, 0, 0, -1]);
    const box = sineEmbedding(tf.tensor2d([[0.25, 0.5, 0.75, 1]]), { dim: 2 });
    expect(box.dataSync()).toBeAllclose([0, -1, 1, 0, -1, 0, 0, 1]);
  });

  it('has a gradient, and names what it cannot take', () => {
    expect(gradientError((x) => sineEmbedding(x, { dim: 8 }), [noise([2, 3, 4], 'places')], 1e-3)).toBeLessThan(1e-2);
    expect(() => sineEmbedding(tf.zeros([2, 3]))).toThrow('a sine embedding of [2,3]');
  });
});
