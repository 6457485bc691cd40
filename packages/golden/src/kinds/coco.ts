import path from 'node:path';
import { type CocoDetection, type CocoGroundTruth, type CocoResult, evaluateCoco } from '@detrain/metrics';
import { type GoldenCase, readJson, valuesOf } from '../case.ts';
import type { Checks } from '../checks.ts';

interface CocoMeta {
  readonly stats: readonly (number | string)[];
  readonly useCats?: number;
  readonly per_category_AP?: readonly (readonly [number, number | string])[];
  readonly precision_sum?: number;
  readonly recall_sum?: number;
}

/** Float64 arithmetic in another order of sums: everything must agree to rounding. */
const TOLERANCE = 1e-9;
const sum = (values: Float64Array) => values.reduce((a, b) => a + (b > -1 ? b : 0), 0);

/** Compares a result with stats.json and, where stored, with the whole curves. */
export const compareCoco = (result: CocoResult, golden: GoldenCase, checks: Checks): void => {
  const meta = golden.meta as unknown as CocoMeta;
  checks.close('stats', result.stats, meta.stats.map(Number), TOLERANCE);
  const perCategory = new Map(meta.per_category_AP ?? []);
  const known = result.perClass.filter(({ category }) => perCategory.has(category));
  if (meta.per_category_AP && meta.useCats !== 0) {
    checks.holds('per_category_AP has all categories', known.length === perCategory.size);
    const theirs = known.map(({ category }) => Number(perCategory.get(category)));
    // a category without objects: -1 or NaN there
    const ours = known.map(({ ap }, i) => (ap === -1 && Number.isNaN(theirs[i]) ? Number.NaN : ap));
    checks.close('per_category_AP', ours, theirs, TOLERANCE);
  }
  if (meta.precision_sum !== undefined)
    checks.number('precision_sum', sum(result.precision), meta.precision_sum, TOLERANCE, 1);
  if (meta.recall_sum !== undefined) checks.number('recall_sum', sum(result.recall), meta.recall_sum, TOLERANCE, 1);
  for (const name of ['precision', 'recall', 'scores'] as const) {
    const stored = golden.tensors()[name];
    if (stored) checks.close(name, result[name], valuesOf(stored), TOLERANCE);
  }
};

/** pycocotools' box evaluation of a ground truth and a result file. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const groundTruth = readJson<CocoGroundTruth>(path.join(golden.folder, 'gt.json'));
  const detections = readJson<readonly CocoDetection[]>(path.join(golden.folder, 'dt.json'));
  const useCategories = (golden.meta as unknown as CocoMeta).useCats !== 0;
  compareCoco(evaluateCoco({ groundTruth, detections }, { useCategories }), golden, checks);
};
