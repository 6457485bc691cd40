import { paa } from '@detrain/assigner-paa';
import { createRng } from '@detrain/core';
import { assignContext, randomScene } from '@detrain/testkit';
import { bench, describe } from 'vitest';

describe('paa, 900 predictions of 80 classes', () => {
  for (const targets of [5, 20, 60]) {
    const scene = randomScene(createRng(targets), { candidates: 900, targets, numClasses: 80 });
    bench(`${targets} targets`, () => {
      paa().assign(scene.candidates, scene.targets, assignContext());
    });
  }
});
