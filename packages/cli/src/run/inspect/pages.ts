import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { answersOf, type Comparison, drawComparison, htmlReport } from '@detrain/viz';
import type { Inspected } from './look.ts';
import type { Strategy } from './strategies.ts';
import { type StrategySummary, SUMMARY_COLUMNS, summaryRows } from './summary.ts';

/** What is written of an inspection. */
export interface InspectionPages {
  readonly out: string;
  readonly strategies: readonly Strategy[];
  readonly inspected: readonly Inspected[];
  readonly summaries: readonly StrategySummary[];
  readonly classes: readonly string[];
  /** What was looked at: data, model, output. */
  readonly facts: Readonly<Record<string, string | number>>;
}

const pictureName = (id: string, index: number) =>
  `${String(index + 1).padStart(2, '0')}-${id.replaceAll(/[^A-Za-z0-9._-]+/g, '-')}.png`;

const comparisonOf = ({ sample, now }: Inspected, { strategies, classes }: InspectionPages): Comparison => ({
  id: sample.id,
  image: sample.image,
  targets: sample.targets,
  classes,
  strategies: now.map(({ candidates, assignment }, i) => ({
    title: strategies[i]?.title ?? '',
    boxes: candidates.boxes,
    assignment,
  })),
});

/** Writes a PNG an image, `index.html` with all of them, and `summary.json`. Gives what the last one holds. */
export const writePages = async (pages: InspectionPages) => {
  const { out, strategies, inspected, summaries, classes, facts } = pages;
  mkdirSync(out, { recursive: true });
  const comparisons = inspected.map((image) => comparisonOf(image, pages));
  const images = [];
  for (const [i, comparison] of comparisons.entries()) {
    const picture = pictureName(comparison.id, i);
    writeFileSync(path.join(out, picture), await drawComparison(comparison));
    images.push({
      id: comparison.id,
      picture,
      classes: Array.from(comparison.targets.labels, (label) => classes[label] ?? String(label)),
      positives: Object.fromEntries(
        comparison.strategies.map(({ title, assignment }) => [title, [...answersOf(assignment, comparison.targets)]]),
      ),
    });
  }
  const html = await htmlReport({
    title: 'Who answers for whom',
    subtitle: strategies.map(({ title }) => title).join(', '),
    summary: facts,
    tables: [{ caption: 'Strategies over all images', columns: SUMMARY_COLUMNS, rows: summaryRows(summaries) }],
    comparisons,
    classes,
    config: summaries.map(({ strategy, assigner }) => ({ strategy, ...assigner })),
  });
  writeFileSync(path.join(out, 'index.html'), html);
  const summary = { ...facts, strategies: summaries, images };
  writeFileSync(path.join(out, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
  return summary;
};
