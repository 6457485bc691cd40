import { type Detections, type Image, pairsOf, type Targets } from '@detrain/core';
import { assignmentOverlay, type Matches } from './assignment.ts';
import { type Comparison, comparisonHtml } from './comparison.ts';
import { type CurvesOptions, curvesSvg, type Series } from './curves.ts';
import { boxesOverlay, className } from './overlay.ts';
import { encodeJpeg } from './raster.ts';
import { pageHtml, type Section, tableHtml } from './report-page.ts';
import { element, escapeXml } from './svg.ts';

/** One image of a report, with what is there and what the model says. */
export interface ReportPrediction {
  readonly id: string;
  readonly image: Image;
  readonly truth: Targets;
  readonly detections: Detections;
}

/** One image of a report, with who was matched to whom. */
export interface ReportMatches extends Omit<Matches, 'classes'> {
  readonly id: string;
  readonly image: Image;
  /** What is shown: the output and the time, as `layer 2, epoch 10`. */
  readonly caption?: string;
}

export interface ReportOptions {
  readonly title: string;
  readonly subtitle?: string;
  /** Facts in their order: AP, steps, seconds, engine. */
  readonly summary: Readonly<Record<string, string | number | boolean>>;
  readonly curves?: readonly (CurvesOptions & { readonly series: readonly Series[] })[];
  /** Tables of numbers, such as AP per class; the first column is the row's heading. */
  readonly tables?: readonly {
    readonly caption: string;
    readonly columns: readonly string[];
    readonly rows: readonly (readonly (string | number)[])[];
  }[];
  readonly predictions?: readonly ReportPrediction[];
  readonly matches?: readonly ReportMatches[];
  /** Images under several strategies side by side. */
  readonly comparisons?: readonly Omit<Comparison, 'classes'>[];
  readonly classes?: readonly string[];
  /** Detections below this score are not drawn. Default 0.3. */
  readonly minScore?: number;
  /** The run's configuration, shown as JSON. */
  readonly config?: unknown;
}

const say = (value: string | number | boolean): string =>
  typeof value === 'number' && !Number.isInteger(value) ? String(Number(value.toPrecision(4))) : String(value);

const picture = (size: Image, base: string, overlay: string, label: string): string =>
  element('svg', { viewBox: `0 0 ${size.width} ${size.height}`, role: 'img', 'aria-label': label }, base + overlay);

const embedded = async (image: Image, id: string): Promise<string> => {
  const href = `data:image/jpeg;base64,${(await encodeJpeg(image)).toString('base64')}`;
  return element('image', { id, width: image.width, height: image.height, href });
};

const predictionHtml = async (entry: ReportPrediction, index: number, options: ReportOptions): Promise<string> => {
  const { image, truth, detections, id } = entry;
  const { classes, minScore = 0.3 } = options;
  const drawn = detections.scores.filter((score) => score >= minScore).length;
  const left = picture(
    image,
    await embedded(image, `photo-${index}`),
    boxesOverlay(image, { truth, classes }),
    `Truth of ${id}: ${truth.labels.length} objects`,
  );
  const right = picture(
    image,
    // the picture is stored once and used twice
    element('use', { href: `#photo-${index}` }),
    boxesOverlay(image, { detections, classes, minScore }),
    `Prediction for ${id}: ${drawn} detections`,
  );
  return `<figure><div class="pair"><div><p>Truth</p>${left}</div><div><p>Prediction</p>${right}</div></div><figcaption>${escapeXml(id)}: ${truth.labels.length} objects, ${drawn} detections with a score of ${minScore} or more</figcaption></figure>`;
};

const matchesHtml = async (entry: ReportMatches, index: number, { classes }: ReportOptions): Promise<string> => {
  const { image, id, caption = '', targets, assignment } = entry;
  const pairs = pairsOf(assignment);
  const rows = Array.from(targets.labels, (label, target) => {
    const queries = Array.from(pairs.candidates).filter((_, k) => pairs.targets[k] === target);
    return [`${target}: ${className(classes, label)}`, queries.map((query) => `q${query}`).join(', ') || 'nobody'];
  });
  const overlay = assignmentOverlay(image, { ...entry, classes });
  const drawing = picture(image, await embedded(image, `match-${index}`), overlay, `Matches in ${id}`);
  const table = tableHtml('Who answers for each object', ['Object', 'Queries'], rows);
  return `<figure>${drawing}<figcaption>${escapeXml([id, caption].filter(Boolean).join(', '))}: solid boxes are objects, dashed ones the queries that answer for them<details><summary>As a table</summary>${table}</details></figcaption></figure>`;
};

const curveHtml = ({ series, ...options }: NonNullable<ReportOptions['curves']>[number]): string => {
  const rows = series.map(({ name, points }) => {
    const values = points.map(([, y]) => y).filter(Number.isFinite);
    const of = (pick: (...v: number[]) => number) =>
      values.length > 0 ? say(values.reduce((a, b) => pick(a, b))) : 'none';
    return [name, say(values[0] ?? 'none'), say(values.at(-1) ?? 'none'), of(Math.min), of(Math.max)];
  });
  const table = tableHtml(options.title, ['Line', 'First', 'Last', 'Lowest', 'Highest'], rows);
  return `<figure>${curvesSvg(series, options)}<figcaption>${escapeXml(options.title)}<details><summary>As a table</summary>${table}</details></figcaption></figure>`;
};

const gridOf = (figures: readonly string[], kind = 'grid') => `<div class="${kind}">${figures.join('')}</div>`;

/**
 * The report of a run: one self-contained HTML page without scripts, light or dark as the reader's system is, with
 * summary, curves, tables, predictions beside the truth, who was matched to whom (by several strategies, too), and the configuration.
 *
 * @throws when an image's data do not fit its size.
 */
export const htmlReport = async (options: ReportOptions): Promise<string> => {
  const { title, subtitle = '', summary, curves = [], tables = [], predictions = [], matches = [], config } = options;
  const { comparisons = [], classes } = options;
  const facts = Object.entries(summary).map(([name, value]) => [name, say(value)]);
  const sections: Section[] = [{ id: 'summary', title: 'Summary', html: tableHtml('In numbers', [], facts) }];
  if (curves.length > 0) sections.push({ id: 'curves', title: 'Curves', html: gridOf(curves.map(curveHtml)) });
  if (tables.length > 0) {
    const html = tables.map(({ caption, columns, rows }) =>
      tableHtml(
        caption,
        columns,
        rows.map((row) => row.map(say)),
      ),
    );
    sections.push({ id: 'tables', title: 'Numbers', html: html.join('') });
  }
  if (predictions.length > 0) {
    const figures = await Promise.all(predictions.map((entry, i) => predictionHtml(entry, i, options)));
    sections.push({ id: 'predictions', title: 'Predictions beside the truth', html: gridOf(figures) });
  }
  if (matches.length > 0) {
    const figures = await Promise.all(matches.map((entry, i) => matchesHtml(entry, i, options)));
    sections.push({ id: 'matches', title: 'Who was matched to whom', html: gridOf(figures) });
  }
  if (comparisons.length > 0) {
    const figures = await Promise.all(
      comparisons.map((entry, i) => comparisonHtml({ ...entry, classes }, `compared-${i}`)),
    );
    sections.push({ id: 'comparisons', title: 'Strategies side by side', html: gridOf(figures, 'grid wide') });
  }
  if (config !== undefined)
    sections.push({
      id: 'config',
      title: 'Configuration',
      html: `<pre tabindex="0">${escapeXml(JSON.stringify(config, null, 2) ?? '')}</pre>`,
    });
  return pageHtml(title, subtitle, sections);
};
