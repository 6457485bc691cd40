import { anchorGrid, deltaCoder, levelSizes, octaveScales } from '@detrain/anchors';
import { bench, describe } from 'vitest';

const strides = [8, 16, 32, 64, 128];
const grid = anchorGrid({ strides, scales: octaveScales(4, 3), ratios: [0.5, 1, 2] });
const sizes = levelSizes(800, 1333, strides);
const { boxes } = grid.generate(sizes);
const coder = deltaCoder();
const deltas = coder.encode(boxes, boxes);

describe(`${boxes.length / 4} anchors`, () => {
  bench('generate', () => {
    grid.generate(sizes);
  });
  bench('encode', () => {
    coder.encode(boxes, boxes);
  });
  bench('decode', () => {
    coder.decode(boxes, deltas, [1333, 800]);
  });
});
