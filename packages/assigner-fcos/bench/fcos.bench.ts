import { fcos } from '@detrain/assigner-fcos';
import { createRng } from '@detrain/core';
import { assignContext, randomScene } from '@detrain/testkit';
import { bench, describe } from 'vitest';

const levels = [15200, 3800, 950, 247, 70];

describe('fcos, 20,267 points', () => {
  for (const targets of [5, 20, 60]) {
    const scene = randomScene(createRng(targets), {
      candidates: 20267,
      targets,
      numClasses: 80,
      levels,
      logits: false,
    });
    bench(`${targets} targets`, () => {
      fcos().assign(scene.candidates, scene.targets, assignContext());
    });
  }
});
