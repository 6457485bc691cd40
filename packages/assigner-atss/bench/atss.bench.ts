import { atss } from '@detrain/assigner-atss';
import { createRng } from '@detrain/core';
import { assignContext, randomScene } from '@detrain/testkit';
import { bench, describe } from 'vitest';

/** Squares of eight strides around the cells of a 1024 x 960 image. */
const levels = [8, 16, 32, 64, 128].map((stride) => Math.ceil(960 / stride) * (1024 / stride));
const boxes = Float32Array.from(
  [8, 16, 32, 64, 128].flatMap((stride, level) =>
    Array.from({ length: levels[level]! }, (_, i) => {
      const columns = 1024 / stride;
      return [
        (i % columns) / columns,
        (Math.floor(i / columns) * stride) / 960,
        (8 * stride) / 1024,
        (8 * stride) / 960,
      ];
    }).flat(),
  ),
);

describe(`atss, ${boxes.length / 4} anchors`, () => {
  for (const targets of [5, 20, 60]) {
    const scene = randomScene(createRng(targets), { candidates: 0, targets, numClasses: 80 });
    const assigner = atss({ imageSize: [1024, 960] });
    bench(`${targets} targets`, () => {
      assigner.assign({ boxes, levels, numClasses: 80 }, scene.targets, assignContext());
    });
  }
});
