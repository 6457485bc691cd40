import { useEager } from '@detrain/tooling/eager';
import type {} from '@detrain/tooling/setup';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { resizeBilinear } from '../src/index.ts';
import { gradientError, noise } from './helpers.ts';

beforeAll(useEager);

describe('bilinear resizing', () => {
  it('equals tfjs with half-pixel centres', () => {
    const side = fc.integer({ min: 1, max: 7 });
    fc.assert(
      fc.property(side, side, side, side, (height, width, toHeight, toWidth) => {
        tf.tidy(() => {
          const x = noise<tf.Tensor4D>([2, height, width, 3], 'x');
          const resized = resizeBilinear(x, [toHeight, toWidth]);
          expect(resized.shape).toEqual([2, toHeight, toWidth, 3]);
          const expected = tf.image.resizeBilinear(x, [toHeight, toWidth], false, true);
          expect(resized.dataSync()).toBeAllclose(expected.dataSync(), { atol: 1e-6 });
        });
      }),
    );
  });

  it('halves by the mean of four', () => {
    const x = noise<tf.Tensor4D>([1, 4, 6, 2], 'x');
    expect(resizeBilinear(x, [2, 3]).dataSync()).toBeAllclose(tf.avgPool(x, 2, 2, 'valid').dataSync(), { atol: 1e-6 });
  });

  it.each([
    [6, 4],
    [2, 1],
  ] as const)('differentiates to %i x %i', (height, width) => {
    const error = gradientError((x) => resizeBilinear(x as tf.Tensor4D, [height, width]), [noise([2, 3, 2, 4], 'x')]);
    expect(error).toBeLessThan(1e-2);
  });

  it('returns a map that has the size', () => {
    const x = noise<tf.Tensor4D>([1, 2, 3, 1], 'x');
    expect(resizeBilinear(x, [2, 3])).toBe(x);
  });
});
