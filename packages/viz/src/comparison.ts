import { countPairs, IGNORE, type Image } from '@detrain/core';
import { palette } from './colors.ts';
import {
  answersOf,
  type ComparedStrategy,
  type ComparedTargets,
  comparisonPanel,
  dot,
  ignoredMark,
  MISSING,
} from './comparison-panel.ts';
import { className } from './overlay.ts';
import { greyJpeg, rasterize } from './raster.ts';
import { tableHtml } from './report-page.ts';
import { element, escapeXml, svgDocument } from './svg.ts';

/** One image under several strategies. */
export interface Comparison extends ComparedTargets {
  readonly id: string;
  readonly image: Image;
  readonly strategies: readonly ComparedStrategy[];
}

/** Pixels. */
const PANEL = { width: 560, tallest: 720, head: 62, gap: 16, legend: 40 };
const COLUMNS = 3;
const INK = '#1b1f24';
const SOFT = '#57606a';

const text = (words: string, x: number, y: number, size: number, fill: string, weight = 'normal') =>
  element(
    'text',
    { x, y, 'font-size': size, 'font-family': 'sans-serif', 'font-weight': weight, fill },
    escapeXml(words),
  );

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;

/** What a strategy did in numbers, one line. */
const factsOf = ({ targets }: ComparedTargets, { assignment }: ComparedStrategy): string => {
  const counts = answersOf(assignment, targets);
  const without = counts.filter((count) => count === 0).length;
  const ignored = assignment.targetOf.filter((target) => target === IGNORE).length;
  return [
    `${plural(countPairs(assignment), 'positive')} for ${plural(counts.length, 'object')}`,
    without > 0 && `${without} without`,
    ignored > 0 && `${ignored} of ${assignment.targetOf.length} ignored`,
  ]
    .filter(Boolean)
    .join(', ');
};

/** What the marks mean, from left to right. */
const legend = (y: number, width: number): string => {
  const [first, second] = palette;
  const parts: readonly (readonly [mark: string, words: string])[] = [
    [
      element('rect', { x: 0, y: y - 9, width: 22, height: 14, fill: 'none', stroke: first, 'stroke-width': 3 }),
      'object, ×n: n candidates answer for it',
    ],
    [
      element('rect', {
        x: 0,
        y: y - 9,
        width: 22,
        height: 14,
        fill: 'none',
        stroke: second,
        'stroke-width': 2,
        'stroke-dasharray': '5 3',
      }),
      'candidate',
    ],
    [
      element('line', { x1: 4, y1: y - 2, x2: 22, y2: y - 2, stroke: second, 'stroke-width': 2 }) +
        dot(6, y - 2, second, 4, false),
      'its centre, and a line to its object',
    ],
    [dot(12, y - 2, second, 4, true), 'for several objects'],
    [ignoredMark(12, y - 2, 7), 'ignored'],
    [
      element('path', { d: `M4 ${y - 9}l16 14m0 -14l-16 14`, stroke: MISSING, 'stroke-width': 2.5, fill: 'none' }),
      'object without candidate',
    ],
  ];
  // No font metrics here: 0.55 em is a little wider than the usual sans-serif average.
  const widths = parts.map(([, words]) => 30 + words.length * 14 * 0.55 + 26);
  const total = widths.reduce((a, b) => a + b, 0);
  let x = 0;
  const content = parts.map(([mark, words], i) => {
    const part = element('g', { transform: `translate(${Math.round(x)} 0)` }, mark + text(words, 30, y + 3, 14, INK));
    x += widths[i] ?? 0;
    return part;
  });
  const scale = Math.min(1, (width - 2 * PANEL.gap) / total);
  return element('g', { transform: `translate(${PANEL.gap} ${y * (1 - scale)}) scale(${scale})` }, content.join(''));
};

/**
 * An image under several strategies side by side, three a row, with a legend: a stand-alone SVG document, the photograph in it once and in
 * grey, so that colours are the objects'. Throws when the image's data do not fit its size.
 *
 * @param name begins the ids of its elements: another one for each drawing of a page
 */
export const comparisonSvg = async (comparison: Comparison, name = 'compared'): Promise<string> => {
  const { image, strategies } = comparison;
  const scale = Math.min(PANEL.width / image.width, PANEL.tallest / image.height);
  const size = { width: Math.round(image.width * scale), height: Math.round(image.height * scale) };
  const photo = `data:image/jpeg;base64,${(await greyJpeg(image, size)).toString('base64')}`;
  const columns = Math.min(COLUMNS, strategies.length);
  const rows = Math.ceil(strategies.length / columns);
  const cell = { width: PANEL.width + PANEL.gap, height: PANEL.head + size.height + PANEL.gap };
  const [width, height] = [columns * cell.width + PANEL.gap, rows * cell.height + PANEL.legend];
  const clip = element('clipPath', { id: `${name}-frame` }, element('rect', size));
  const panels = strategies.map((strategy, i) => {
    const picture =
      i === 0
        ? element('image', { id: `${name}-photo`, ...size, href: photo, preserveAspectRatio: 'none' })
        : element('use', { href: `#${name}-photo` });
    const drawing = element(
      'g',
      { transform: `translate(0 ${PANEL.head})`, 'clip-path': `url(#${name}-frame)` },
      picture + comparisonPanel(size, comparison, strategy),
    );
    const [left, top] = [PANEL.gap + (i % columns) * cell.width, Math.floor(i / columns) * cell.height];
    const head = text(strategy.title, 0, 30, 22, INK, 'bold') + text(factsOf(comparison, strategy), 0, 52, 15, SOFT);
    return element('g', { transform: `translate(${left} ${top})` }, head + drawing);
  });
  const paper = element('rect', { width, height, fill: '#ffffff' });
  return svgDocument(width, height, clip + paper + panels.join('') + legend(height - PANEL.legend / 2, width));
};

/** {@link comparisonSvg} as PNG. */
export const drawComparison = async (comparison: Comparison): Promise<Buffer> =>
  rasterize(await comparisonSvg(comparison));

/** A comparison as a figure of a page, its numbers as a table; `name` as of {@link comparisonSvg}. */
export const comparisonHtml = async (comparison: Comparison, name: string): Promise<string> => {
  const { id, targets, classes, strategies } = comparison;
  const counts = strategies.map(({ assignment }) => answersOf(assignment, targets));
  const rows = Array.from(targets.labels, (label, i) => [
    `${i}: ${className(classes, label)}`,
    ...counts.map((count) => String(count[i])),
  ]);
  const titles = strategies.map(({ title }) => title);
  const table = tableHtml('Candidates that answer for each object', ['Object', ...titles], rows);
  const label = `${id} under ${titles.join(', ')}`;
  const drawing = await comparisonSvg(comparison, name);
  return `<figure><div role="img" aria-label="${escapeXml(label)}">${drawing}</div><figcaption>${escapeXml(id)}<details><summary>As a table</summary>${table}</details></figcaption></figure>`;
};
