import type { Image } from '@detrain/core';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { inkOn, palette } from '../src/colors.ts';
import {
  assignmentOverlay,
  boxesOverlay,
  curvesSvg,
  drawAssignment,
  drawBoxes,
  encodePng,
  grid,
  sideBySide,
} from '../src/index.ts';
import { tickLabel, ticks } from '../src/ticks.ts';

const image: Image = { width: 200, height: 100, data: new Uint8Array(200 * 100 * 3).fill(50) };
const truth = { boxes: Float32Array.of(0.5, 0.6, 0.5, 0.4), labels: Int32Array.of(0) };
const detections = {
  boxes: Float32Array.of(20, 30, 80, 90, 0, 0, 5, 5),
  scores: Float32Array.of(0.9, 0.1),
  labels: Int32Array.of(1, 0),
};

/** RGB of a PNG's pixel. */
const pixel = async (png: Buffer, x: number, y: number) => {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return Array.from(data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3));
};
const rgb = (color: string) => [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));

describe('boxes', () => {
  test('an edge has its class`s colour, the inside stays', async () => {
    const png = await drawBoxes(image, { truth });
    const edge = await pixel(png, 100, 80);
    rgb(palette[0]).forEach((value, i) => {
      expect(Math.abs((edge[i] ?? 0) - value)).toBeLessThan(90);
    });
    expect(await pixel(png, 100, 60)).toEqual([50, 50, 50]);
  });

  test('weak detections and boxes that are not finite are left out', () => {
    const overlay = boxesOverlay(image, { detections, classes: ['a', 'b<'] });
    expect(overlay).toContain('b&#60; 0.90');
    expect(overlay).not.toContain('a 0.10');
    const wild = { boxes: Float32Array.of(Number.NaN, 0, 1, 1), scores: Float32Array.of(1), labels: Int32Array.of(0) };
    expect(boxesOverlay(image, { detections: wild })).toBe('');
  });

  test('truth is dashed beside detections only', () => {
    expect(boxesOverlay(image, { truth })).not.toContain('dasharray');
    expect(boxesOverlay(image, { truth, detections })).toContain('dasharray');
  });

  test('an image of another size is refused', async () => {
    await expect(async () => encodePng({ ...image, width: 3 })).rejects.toThrow(/3x100 has 60000 bytes/);
  });
});

describe('assignments', () => {
  test('a line a pair, a cross where nobody answers', () => {
    const targets = { boxes: Float32Array.of(0.2, 0.2, 0.1, 0.1, 0.8, 0.8, 0.1, 0.1), labels: Int32Array.of(0, 1) };
    const boxes = Float32Array.of(0.3, 0.3, 0.1, 0.1, 0.5, 0.5, 0.1, 0.1);
    const lines = (targetOf: number[]) =>
      assignmentOverlay(image, { targets, boxes, assignment: { targetOf: Int32Array.from(targetOf) } }).match(/<line/g)
        ?.length;
    expect(lines([0, 1])).toBe(2);
    expect(lines([0, 0])).toBe(4);
    expect(lines([-1, -2])).toBe(4);
  });

  test('as PNG', async () => {
    const png = await drawAssignment(image, {
      targets: truth,
      boxes: truth.boxes,
      assignment: { targetOf: Int32Array.of(0) },
    });
    expect(await sharp(png).metadata()).toMatchObject({ format: 'png', width: 200, height: 100 });
  });
});

describe('grids', () => {
  test('cells are as large as the largest picture', async () => {
    const small = await encodePng({ width: 10, height: 300, data: new Uint8Array(9000) });
    const large = await drawBoxes(image, { truth });
    const size = await sharp(await grid([small, large, small], { columns: 2, gap: 4 })).metadata();
    expect([size.width, size.height]).toEqual([404, 604]);
    await expect(grid([])).rejects.toThrow(/at least one/);
  });

  test('side by side', async () => {
    expect((await sharp(await sideBySide(image, { truth, detections })).metadata()).width).toBe(408);
  });
});

describe('curves', () => {
  test('gaps where a value is missing, a dot for a single one', () => {
    const svg = curvesSvg(
      [
        {
          name: 'a & b',
          points: [
            [0, 1],
            [1, Number.NaN],
            [2, 3],
            [3, 2],
          ],
        },
      ],
      { title: 'T' },
    );
    expect(/ d="(M[^"]*)"/.exec(svg)?.[1]?.match(/M/g)?.length).toBe(2);
    expect(svg).toContain('a &#38; b');
    expect(curvesSvg([{ name: 'ap', points: [[4, 0.5]] }], { title: 'T' })).toContain('<circle');
  });

  test('no points, equal points and infinities draw, too', () => {
    for (const points of [
      [],
      [[0, 0]],
      [
        [1, 5],
        [1, 5],
      ],
      [[0, Number.POSITIVE_INFINITY]],
    ] as [number, number][][])
      expect(curvesSvg([{ name: 's', points }], { title: 'T' })).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('long series are thinned, and peaks stay', () => {
    const points = Array.from({ length: 50_000 }, (_, i) => [i, i === 31_415 ? 100 : 0] as const);
    const svg = curvesSvg([{ name: 's', points }], { title: 'T', height: 300 });
    expect(svg.length).toBeLessThan(20_000);
    const heights = [...(/ d="([^"]*)"/.exec(svg)?.[1] ?? '').matchAll(/ ([\d.]+)/g)].map((m) => Number(m[1]));
    expect(Math.min(...heights)).toBeCloseTo(34);
  });

  test('ticks are round and cover the range', () => {
    expect(ticks(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks(3, 3).length).toBeGreaterThan(1);
    expect([0, 0.5, 12_000, 2.5e6, 1e-5].map(tickLabel)).toEqual(['0', '0.5', '12k', '2.5M', '1.0e-5']);
  });
});

test('labels are readable on every colour (contrast 4.5:1 or more)', () => {
  const luminance = (color: string) => {
    const [r, g, b] = rgb(color).map((v) =>
      v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
  };
  for (const color of palette) {
    const [a, b] = [luminance(color), luminance(inkOn(color))].sort((x, y) => y - x) as [number, number];
    expect((a + 0.05) / (b + 0.05)).toBeGreaterThan(4.5);
  }
});
