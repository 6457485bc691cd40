import path from 'node:path';
import { type CocoDetection, evaluateLvis, LVIS_STAT_NAMES, type LvisGroundTruth } from '@detrain/metrics';
import { type GoldenCase, readJson, valuesOf } from '../case.ts';
import type { Checks } from '../checks.ts';

interface LvisMeta {
  readonly results: Readonly<Record<string, number>>;
  /** Positions of rare, common and frequent categories. */
  readonly freq_groups: readonly (readonly number[])[];
  readonly precision_sum: number;
  readonly precision_n_valid: number;
}

/** Float64 arithmetic in another order of sums: everything must agree to rounding. */
const TOLERANCE = 1e-9;

/** lvis-api's box evaluation of a ground truth and a result file. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const meta = golden.meta as unknown as LvisMeta;
  const groundTruth = readJson<LvisGroundTruth>(path.join(golden.folder, 'gt.json'));
  const detections = readJson<readonly CocoDetection[]>(path.join(golden.folder, 'dt.json'));
  const { stats, perClass, precision, recall } = evaluateLvis({ groundTruth, detections });

  // AR@300 there is AR here
  const reference = new Map(Object.entries(meta.results).map(([name, value]) => [name.replace('@300', ''), value]));
  checks.holds('the same numbers', reference.size === LVIS_STAT_NAMES.length);
  LVIS_STAT_NAMES.forEach((name, i) => {
    checks.number(name, stats[i] ?? Number.NaN, reference.get(name) ?? Number.NaN, TOLERANCE, 1);
  });
  (['r', 'c', 'f'] as const).forEach((wanted, group) => {
    const positions = Array.from(perClass.keys()).filter((k) => perClass[k]?.frequency === wanted);
    checks.exact(`categories of frequency ${wanted}`, positions, meta.freq_groups[group] ?? []);
  });
  const valid = precision.filter((value) => value > -1);
  checks.count('precision_n_valid', valid.length, meta.precision_n_valid);
  const sum = valid.reduce((a, b) => a + b, 0);
  checks.number('precision_sum', sum, meta.precision_sum, TOLERANCE);
  for (const [name, ours] of Object.entries({ precision, recall })) {
    const stored = golden.tensors()[name];
    if (stored) checks.close(name, ours, valuesOf(stored), TOLERANCE);
  }
};
