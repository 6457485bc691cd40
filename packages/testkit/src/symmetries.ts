import { createRng } from '@detrain/core';
import { expect, it } from 'vitest';
import { mapScene, permuteScene } from './scene.ts';
import type { Suite } from './suite.ts';

/** The symmetries that an assigner has unless it says otherwise: order, mirroring, scale. */
export const testSymmetries = ({ pairs, everyScene, promises }: Suite): void => {
  const { levels, permutation = levels === undefined, flip = true, scale = true } = promises;

  if (permutation)
    it('does not depend on the order of candidates and targets', () =>
      everyScene((given, seed) => {
        const rng = createRng(seed).fork('order');
        const candidateOrder = rng.permutation(given.candidates.boxes.length / 4);
        const targetOrder = rng.permutation(given.targets.labels.length);
        const permuted = pairs(permuteScene(given, candidateOrder, targetOrder)).map((pair) => {
          const [i, j] = pair.split('-').map(Number) as [number, number];
          return `${candidateOrder[i]}-${targetOrder[j]}`;
        });
        expect(permuted.sort()).toEqual(pairs(given));
      }));

  const mirrored = (axis: 0 | 1) => (box: Float32Array) =>
    Array.from(box, (value, e) => (e === axis ? 1 - value : value));
  if (flip)
    it.each([0, 1] as const)('gives the same pairs in a mirrored image, axis %i', (axis) =>
      everyScene((given) => {
        expect(pairs(mapScene(given, mirrored(axis)))).toEqual(pairs(given));
      }),
    );

  if (scale)
    it('gives the same pairs in an image of half the size', () =>
      everyScene((given) => {
        const halved = mapScene(given, (box) => Array.from(box, (value) => value / 2));
        expect(pairs(halved)).toEqual(pairs(given));
      }));
};
