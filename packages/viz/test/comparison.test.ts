import type { Image, Targets } from '@detrain/core';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { type Comparison, comparisonSvg, drawComparison, htmlReport } from '../src/index.ts';

const image: Image = { width: 40, height: 30, data: new Uint8Array(40 * 30 * 3).fill(120) };
const targets: Targets = {
  boxes: Float32Array.of(0.5, 0.5, 0.4, 0.4, 0.2, 0.2, 0.1, 0.1),
  labels: Int32Array.of(0, 1),
};
const boxes = Float32Array.of(0.5, 0.5, 0.4, 0.4, 0.2, 0.2, 0.1, 0.1, 0.8, 0.8, 0.1, 0.1, 0.8, 0.2, Number.NaN, 0.1);
const comparison: Comparison = {
  id: 'a "b" <c>',
  image,
  targets,
  classes: ['red & round', 'white'],
  strategies: [
    {
      title: 'one <to> one',
      boxes,
      assignment: { targetOf: Int32Array.of(0, -1, -2, -1) },
    },
    {
      title: 'many',
      boxes,
      assignment: {
        targetOf: Int32Array.of(0, 1, 0, -1),
        extraPairs: { candidates: Int32Array.of(0), targets: Int32Array.of(1) },
      },
    },
  ],
};
const countOf = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length;
/** The drawing without its legend, one string a strategy. */
const panels = (svg: string) => svg.split('clip-path="url(#compared-frame)"').slice(1);

describe('strategies side by side', () => {
  test('a dot and a line a pair, a cross where nobody answers, a mark for what is ignored', async () => {
    const [first = '', second = ''] = panels(await comparisonSvg(comparison)).map((panel) => panel.split('</g>')[0]);
    expect(countOf(first, /<circle/g)).toBe(1);
    // One pair, two strokes of the cross.
    expect(countOf(first, /<line/g)).toBe(1 + 2);
    expect(countOf(first, /fill-opacity="0.55"/g)).toBe(1);
    expect(first).toContain('red &#38; round ×1');
    expect(first).toContain('white ×0');
    expect(countOf(second, /<circle/g)).toBe(4);
    expect(countOf(second, /<circle[^>]*fill="#ffffff"/g)).toBe(2);
    expect(countOf(second, /stroke-dasharray/g)).toBe(4);
    expect(second).toContain('white ×2');
  });

  test('numbers in words, and the photograph once', async () => {
    const svg = await comparisonSvg(comparison);
    expect(svg).toContain('1 positive for 2 objects, 1 without, 1 of 4 ignored');
    expect(svg).toContain('4 positives for 2 objects');
    expect(countOf(svg, /data:image\/jpeg/g)).toBe(1);
    expect(svg).not.toContain('<to>');
  });

  test('as PNG', async () => {
    const { data, info } = await sharp(await drawComparison(comparison))
      .raw()
      .toBuffer({ resolveWithObject: true });
    // 40 x 30 becomes 560 x 420; two panels with their heads, gaps and the legend.
    expect([info.width, info.height]).toEqual([2 * 576 + 16, 62 + 420 + 16 + 40]);
    const pixel = (x: number, y: number) =>
      Array.from(data.subarray((y * info.width + x) * info.channels).subarray(0, 3));
    // Paper, and the photograph: grey 120 faded by 0.75 and 64.
    expect(pixel(2, 2)).toEqual([255, 255, 255]);
    for (const value of pixel(16 + 100, 62 + 400)) expect(Math.abs(value - (0.75 * 120 + 64))).toBeLessThanOrEqual(2);
  });

  test('in a report, with a table', async () => {
    const html = await htmlReport({ title: 'x', summary: {}, comparisons: [comparison, comparison] });
    expect(html).toContain('<section id="comparisons" aria-labelledby="comparisons-title">');
    expect(html).toContain('<th scope="row">1: 1</th><td>0</td><td>2</td>');
    const ids = [...html.matchAll(/ id="(compared[^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of html.matchAll(/(?:href="|url\()#(compared[^")]*)/g)) expect(ids).toContain(target);
    expect(html).not.toMatch(/<c>|<to>|url\((?!#)/);
  });
});
