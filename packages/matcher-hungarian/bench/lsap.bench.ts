import { createRng } from '@detrain/core';
import { hungarian, solveLsap } from '@detrain/matcher-hungarian';
import { assignContext, randomScene } from '@detrain/testkit';
import { bench, describe } from 'vitest';

describe('solveLsap', () => {
  for (const [rows, columns] of [
    [300, 5],
    [300, 20],
    [300, 100],
    [900, 100],
    [1000, 1000],
  ] as const) {
    const cost = Float64Array.from({ length: rows * columns }, createRng(rows * columns).next);
    bench(`${rows} x ${columns}`, () => {
      solveLsap(cost, rows, columns);
    });
  }
});

describe('hungarian, costs included', () => {
  for (const targets of [5, 20, 100]) {
    const scene = randomScene(createRng(targets), { candidates: 300, targets, numClasses: 80 });
    const assigner = hungarian();
    bench(`300 queries, 80 classes, ${targets} targets`, () => {
      assigner.assign(scene.candidates, scene.targets, assignContext());
    });
  }
});
