import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DetectionDataset } from '@detrain/data';
import type { FitResult } from '@detrain/trainer';
import { htmlReport, type ReportMatches, type Series, sideBySide } from '@detrain/viz';
import { duration } from '../terminal/format.ts';
import { byLoss } from '../terminal/progress.ts';
import type { Evaluation } from './evaluate.ts';
import { RUN } from './folder.ts';
import type { Manifest } from './manifest.ts';

interface Line {
  readonly kind: string;
  readonly step: number;
  readonly epoch: number;
  readonly loss?: number;
  readonly terms?: Readonly<Record<string, number>>;
  readonly learningRate?: number;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly seconds?: { readonly total: number };
}

/** The lines of a run's `metrics.jsonl`; half a line at the end, after a crash, is left out. */
export const readMetrics = (folder: string): Line[] => {
  const file = path.join(folder, RUN.metrics);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((text) => {
      try {
        return [JSON.parse(text) as Line];
      } catch {
        return [];
      }
    });
};

const seriesOf = (
  lines: readonly Line[],
  pick: (line: Line) => Readonly<Record<string, number>>,
  x: (line: Line) => number,
): Series[] => {
  const points = new Map<string, [number, number][]>();
  for (const line of lines)
    for (const [name, y] of Object.entries(pick(line))) {
      const list = points.get(name) ?? [];
      list.push([x(line), y]);
      points.set(name, list);
    }
  return [...points].map(([name, list]) => ({ name, points: list }));
};

/** What a report is made from. */
export interface ReportInput {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly config: object;
  readonly result: FitResult;
  /** The last evaluation of this process; null leaves pictures and classes out. */
  readonly evaluation: Evaluation | null;
  readonly val: DetectionDataset;
  /** Who was matched to whom. */
  readonly matches: readonly ReportMatches[];
  /** Pictures to show. */
  readonly pictures?: number;
}

const spread = (count: number, wanted: number) =>
  Array.from({ length: Math.min(count, wanted) }, (_, i) => Math.floor((i * count) / Math.min(count, wanted)));

/** Writes `report.html` and pictures of predictions beside the truth. Gives the report's path. */
export const writeReport = async (input: ReportInput): Promise<string> => {
  const { folder, manifest, config, result, evaluation, val, pictures = 8 } = input;
  const lines = readMetrics(folder);
  const steps = lines.filter((line) => line.kind === 'step');
  const validations = lines.filter((line) => line.kind === 'validation');
  const predictions = [];
  if (evaluation) {
    mkdirSync(path.join(folder, RUN.pictures), { recursive: true });
    for (const index of spread(evaluation.detections.length, pictures)) {
      const sample = await val.get(index);
      const detections = evaluation.detections[index];
      if (!detections) continue;
      const { image, targets: truth, id } = sample;
      predictions.push({ id, image, truth, detections });
      const name = `val-${id.replaceAll(/[^A-Za-z0-9._-]+/g, '-')}.png`;
      writeFileSync(
        path.join(folder, RUN.pictures, name),
        await sideBySide(image, { truth, detections, classes: val.classes }),
      );
    }
  }
  const trained = steps.reduce((sum, line) => sum + (line.seconds?.total ?? 0), 0);
  const html = await htmlReport({
    title: path.basename(folder),
    subtitle: `${manifest.model.name} on ${path.basename(manifest.data.path)}`,
    summary: {
      Result: result.message,
      ...(result.best ? { 'Best AP': result.best.value, 'Best epoch': result.best.epoch + 1 } : {}),
      Steps: result.step,
      'Training time': duration(trained),
      Images: `${manifest.data.train.images} train, ${manifest.data.val.images} ${manifest.data.val.split}`,
      Engine: manifest.engine,
      Seed: manifest.seed,
    },
    curves: [
      {
        title: 'Loss',
        xLabel: 'step',
        series: seriesOf(
          steps,
          (l) => ({ total: l.loss ?? Number.NaN, ...byLoss(l.terms ?? {}) }),
          (l) => l.step,
        ),
      },
      {
        title: 'AP',
        xLabel: 'epoch',
        yRange: [0, 1] as const,
        series: seriesOf(
          validations,
          ({ metrics = {} }) => ({ AP: metrics['ap'] ?? 0, AP50: metrics['ap50'] ?? 0, AP75: metrics['ap75'] ?? 0 }),
          (l) => l.epoch + 1,
        ),
      },
      {
        title: 'Learning rate',
        xLabel: 'step',
        series: seriesOf(
          steps,
          (l) => ({ rate: l.learningRate ?? 0 }),
          (l) => l.step,
        ),
      },
    ].filter(({ series }) => series.length > 0),
    tables: evaluation
      ? [
          {
            caption: `AP of each class, epoch ${result.epoch}`,
            columns: ['class', 'AP', 'AP50', 'AP75', 'small', 'medium', 'large'],
            rows: evaluation.coco.perClass.map((c) => [c.name, c.ap, c.ap50, c.ap75, c.apSmall, c.apMedium, c.apLarge]),
          },
        ]
      : [],
    predictions,
    matches: input.matches,
    classes: val.classes,
    config,
  });
  const file = path.join(folder, RUN.report);
  writeFileSync(file, html);
  return file;
};
