import { type Assignment, IGNORE, type Targets } from '@detrain/core';
import { changedShare, type PositivesOfSize, positivesPerTarget } from '@detrain/metrics';
import type { Strategy } from './strategies.ts';

/** One image under one strategy. */
export interface InspectedImage {
  readonly targets: Targets;
  /** In pixels, before any resizing: what object sizes are measured in. */
  readonly width: number;
  readonly height: number;
  readonly assignment: Assignment;
  /** By the earlier predictions. */
  readonly before: Assignment | null;
}

/** A strategy in numbers. */
export interface StrategySummary {
  readonly strategy: string;
  readonly assigner: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
  /** Candidates an image, mean. */
  readonly candidates: number;
  /** Positives an object, by COCO's sizes: `all`, `small`, `medium`, `large`. */
  readonly positives: Readonly<Record<string, PositivesOfSize>>;
  /** Share of candidates that are ignored. */
  readonly ignoredShare: number;
  /** Candidates that answer for two objects or more. */
  readonly shared: number;
  /** Of the candidates that had or have an object, the share whose object changed; null without earlier predictions. */
  readonly changedShare: number | null;
}

const count = (values: Int32Array, test: (value: number) => boolean): number => values.filter(test).length;

/** What a strategy did to a set of images. */
export const summarize = ({ title, assigner }: Strategy, images: readonly InspectedImage[]): StrategySummary => {
  const all = images.map(({ assignment }) => assignment);
  const candidates = all.reduce((sum, { targetOf }) => sum + targetOf.length, 0);
  const ignored = all.reduce((sum, { targetOf }) => sum + count(targetOf, (target) => target === IGNORE), 0);
  const shared = all.reduce((sum, { extraPairs }) => sum + new Set(extraPairs?.candidates).size, 0);
  const before = images.flatMap((image) => (image.before ? [image.before.targetOf] : []));
  const { name, options } = assigner;
  return {
    strategy: title,
    assigner: { name, options },
    candidates: images.length === 0 ? 0 : candidates / images.length,
    positives: positivesPerTarget(images),
    ignoredShare: candidates === 0 ? 0 : ignored / candidates,
    shared,
    changedShare:
      before.length < images.length || images.length === 0
        ? null
        : changedShare(
            before,
            all.map(({ targetOf }) => targetOf),
          ),
  };
};

const percent = (share: number) => `${(100 * share).toFixed(1)}%`;

/** Headings of {@link summaryRows}. */
export const SUMMARY_COLUMNS = [
  'strategy',
  'candidates',
  'positives/object',
  'fewest',
  'most',
  'small',
  'medium',
  'large',
  'without',
  'ignored',
  'for several',
  'changed',
];

/** Summaries as rows of a table; `-` where there is nothing to measure. */
export const summaryRows = (summaries: readonly StrategySummary[]): string[][] =>
  summaries.map(({ strategy, candidates, positives, ignoredShare, shared, changedShare: changed }) => {
    const of = (size: string) => positives[size] as PositivesOfSize;
    const mean = (size: string) => (of(size).targets === 0 ? '-' : of(size).mean.toFixed(2));
    return [
      strategy,
      String(Math.round(candidates)),
      mean('all'),
      String(of('all').fewest),
      String(of('all').most),
      mean('small'),
      mean('medium'),
      mean('large'),
      String(of('all').unmatched),
      percent(ignoredShare),
      String(shared),
      changed === null ? '-' : percent(changed),
    ];
  });
