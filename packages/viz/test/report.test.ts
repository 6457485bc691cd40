import type { Detections, Image, Targets } from '@detrain/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { htmlReport, type ReportOptions } from '../src/index.ts';

const image: Image = { width: 40, height: 30, data: new Uint8Array(40 * 30 * 3).fill(120) };
const truth: Targets = { boxes: Float32Array.of(0.5, 0.5, 0.4, 0.4, 0.2, 0.2, 0.1, 0.1), labels: Int32Array.of(0, 1) };
const detections: Detections = {
  boxes: Float32Array.of(10, 8, 30, 24),
  scores: Float32Array.of(0.8),
  labels: Int32Array.of(1),
};
const whole: ReportOptions = {
  title: 'Run <7> & "more"',
  subtitle: 'on cells',
  summary: { AP: 0.123456, steps: 300, engine: 'compiled', resumed: false },
  curves: [
    {
      title: 'Loss',
      series: [
        {
          name: 'total',
          points: [
            [0, 3],
            [1, Number.NaN],
            [2, 1],
          ],
        },
      ],
    },
  ],
  tables: [{ caption: 'AP per class', columns: ['Class', 'AP'], rows: [['a', 0.5]] }],
  predictions: [{ id: 'one.jpg', image, truth, detections }],
  matches: [
    {
      id: 'one.jpg',
      caption: 'layer 2',
      image,
      targets: truth,
      boxes: truth.boxes,
      assignment: { targetOf: Int32Array.of(1, -1) },
    },
  ],
  classes: ['<red>', 'white'],
  config: { note: '</pre><script>alert(1)</script>' },
};

/** Every element that is opened is closed, in order. */
const unbalanced = (html: string): string[] => {
  const open: string[] = [];
  const loose = new Set(['meta', '!doctype']);
  for (const [, slash, name = '', self] of html.matchAll(/<(\/?)([!\w]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    const tag = name.toLowerCase();
    if (self || loose.has(tag)) continue;
    if (!slash) open.push(tag);
    else if (open.at(-1) === tag) open.pop();
    else return [...open, `/${tag}`];
  }
  return open;
};

test('all sections, balanced, with a heading each', async () => {
  const html = await htmlReport(whole);
  expect(unbalanced(html)).toEqual([]);
  for (const id of ['summary', 'curves', 'tables', 'predictions', 'matches', 'config']) {
    expect(html).toContain(`<section id="${id}" aria-labelledby="${id}-title">`);
    expect(html).toContain(`href="#${id}"`);
  }
  expect(html).toContain('0.1235');
  expect(html).toContain('nobody');
  expect(html).toContain('prefers-color-scheme:dark');
});

test('nothing is fetched and nothing runs', async () => {
  const html = await htmlReport(whole);
  expect(html).not.toMatch(/<script|<link|<iframe|@import|url\(/i);
  for (const [, target] of html.matchAll(/(?:href|src)="([^"]*)"/g))
    expect(target).toMatch(/^(#|data:image\/jpeg;base64,)/);
  expect(html).toContain("default-src 'none'");
});

test('a picture is stored once, though drawn twice', async () => {
  const html = await htmlReport({ title: 't', summary: {}, predictions: whole.predictions ?? [] });
  expect(html.match(/data:image/g)?.length).toBe(1);
});

test('every picture says in words what it shows', async () => {
  const html = await htmlReport(whole);
  for (const [svg] of html.matchAll(/<svg[^>]*>/g)) expect(svg).toMatch(/role="img" aria-label="[^"]+"/);
});

test('no text breaks out of its place', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
      const hostile = `${text}"'><script>`;
      const html = await htmlReport({
        ...whole,
        title: hostile,
        subtitle: hostile,
        classes: [hostile],
        config: hostile,
      });
      expect(html).not.toContain('<script>');
      expect(unbalanced(html)).toEqual([]);
    }),
    { numRuns: 20 },
  );
});
