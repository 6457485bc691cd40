import { simota } from '@detrain/assigner-simota';
import { createRng } from '@detrain/core';
import { assignContext, randomScene } from '@detrain/testkit';
import { bench, describe } from 'vitest';

describe('simota, 900 predictions of 80 classes', () => {
  for (const targets of [5, 20, 60]) {
    const scene = randomScene(createRng(targets), { candidates: 900, targets, numClasses: 80 });
    bench(`${targets} targets`, () => {
      simota().assign(scene.candidates, scene.targets, assignContext());
    });
  }
});
