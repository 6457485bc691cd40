import { createRng } from '@detrain/core';
import { useEager } from '@detrain/tooling/eager';
import type {} from '@detrain/tooling/setup';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type RoiAlignOptions, roiAlign, roiWeights } from '../src/index.ts';
import { gradientError, noise } from './helpers.ts';

beforeAll(useEager);

const options: RoiAlignOptions = { map: { height: 8, width: 10 }, output: { height: 2, width: 3 }, scale: 0.25 };

/** Pools the regions of one image. */
const pool = (map: tf.Tensor4D, regions: number[], given = options) => {
  const { rows, columns } = roiWeights(regions, given);
  const count = regions.length / 4;
  return roiAlign(
    map,
    tf.tensor4d(rows, [1, count, given.output.height, given.map.height]),
    tf.tensor4d(columns, [1, count, given.output.width, given.map.width]),
  );
};

describe('roiAlign', () => {
  it('is the value at the centre of each bin where the map is linear', () => {
    const place = Array.from({ length: 80 }, (_, k) => [k % 10, Math.floor(k / 10)]).flat();
    const map = tf.tensor4d(place, [1, 8, 10, 2]);
    // Pixels 8 to 20 across and 12 to 20 down are cells 2 to 5 and 3 to 5, less half a cell to the cells' centres.
    const pooled = pool(map, [8, 12, 20, 20]);
    expect(pooled.shape).toEqual([1, 1, 2, 3, 2]);
    expect(pooled.dataSync()).toBeAllclose([2, 3, 3, 3, 4, 3, 2, 4, 3, 4, 4, 4]);
  });

  it('keeps a constant map constant, whatever the number of samples', () => {
    const map = tf.fill([1, 8, 10, 1], 7) as tf.Tensor4D;
    const rng = createRng('regions');
    for (const samples of [0, 1, 3]) {
      const regions = Array.from({ length: 20 }, () => {
        const [x, y] = [rng.uniform(0, 25), rng.uniform(0, 20)];
        return [x, y, x + rng.uniform(0.5, 14), y + rng.uniform(0.5, 11)];
      }).flat();
      const pooled = pool(map, regions, { ...options, samples });
      expect(pooled.dataSync()).toBeAllclose(new Float32Array(20 * 6).fill(7));
    }
  });

  it('gives zeros for regions without area or far outside, and the edge just outside', () => {
    const map = tf.fill([1, 8, 10, 1], 7) as tf.Tensor4D;
    expect(Math.max(...pool(map, [8, 8, 8, 8, 200, 200, 240, 240, 12, 12, 4, 4]).dataSync())).toBe(0);
    expect(pool(map, [-2, 4, 2, 8]).dataSync()).toBeAllclose(new Float32Array(6).fill(7));
    const { rows, columns } = roiWeights([8, 8, 8, 8], { ...options, aligned: false });
    expect(rows.some((weight) => weight > 0) && columns.some((weight) => weight > 0)).toBe(true);
  });

  it('pools the regions of each image from its own map, with a gradient', () => {
    const { rows, columns } = roiWeights([4, 4, 20, 28, 9, 1, 33, 30, 0, 0, 7, 7, 16, 8, 40, 32], options);
    const [down, across] = [tf.tensor4d(rows, [2, 2, 2, 8]), tf.tensor4d(columns, [2, 2, 3, 10])];
    const map = noise<tf.Tensor4D>([2, 8, 10, 3], 'map');
    const both = roiAlign(map, down, across);
    const second = roiAlign(
      tf.slice4d(map, [1, 0, 0, 0], [1, -1, -1, -1]),
      tf.slice4d(down, [1, 0, 0, 0], [1, -1, -1, -1]),
      tf.slice4d(across, [1, 0, 0, 0], [1, -1, -1, -1]),
    );
    const own = tf.slice(both as tf.Tensor, [1, 0, 0, 0, 0], [1, -1, -1, -1, -1]);
    // Native engines may round a product of two images otherwise than one of one.
    expect(own.dataSync()).toBeAllclose(second.dataSync(), { atol: 1e-6, rtol: 1e-6 });
    expect(gradientError((x) => roiAlign(x as tf.Tensor4D, down, across), [map])).toBeLessThan(1e-2);
  });
});
