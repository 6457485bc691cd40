import { createRng } from '@detrain/core';
import { bench } from 'vitest';
import { curvesSvg, drawBoxes } from '../src/index.ts';

const rng = createRng(0);
const image = { width: 640, height: 480, data: new Uint8Array(640 * 480 * 3).fill(90) };
const truth = {
  boxes: Float32Array.from({ length: 80 }, () => rng.uniform(0.1, 0.5)),
  labels: Int32Array.from({ length: 20 }, (_, i) => i),
};
const points = Array.from({ length: 20_000 }, (_, i) => [i, rng.next()] as const);

bench('20 boxes on 640x480', async () => void (await drawBoxes(image, { truth })));
bench('a curve of 20,000 points', () => void curvesSvg([{ name: 'loss', points }], { title: 'Loss' }));
