import { evaluateCoco } from '@detrain/metrics';
import { bench, describe } from 'vitest';
import { syntheticSet } from '../test/_synthetic.ts';

describe('evaluateCoco', () => {
  for (const images of [200, 1000]) {
    const set = syntheticSet(images);
    bench(`${images} images, 80 categories, 100 detections an image`, () => {
      evaluateCoco(set);
    });
  }
});
