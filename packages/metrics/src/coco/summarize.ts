import type { Curves } from './accumulate.ts';
import type { CocoParams } from './params.ts';

/** What to average over; absent: all. */
export interface Selection {
  readonly iou?: number;
  readonly area?: string;
  readonly maxDetections?: number;
  /** Indices of categories. */
  readonly categories?: readonly number[];
}

const all = (length: number): readonly number[] => Array.from({ length }, (_, i) => i);

/** Mean over the chosen entries that have objects, -1 where there are none. */
const mean = (
  values: Float64Array,
  recalls: number,
  categories: number,
  { areas, iouThresholds, maxDetections }: CocoParams,
  { iou, area = 'all', maxDetections: limit, categories: chosen = all(categories) }: Selection,
): number => {
  const a = areas.findIndex(({ name }) => name === area);
  const m = limit === undefined ? maxDetections.length - 1 : maxDetections.indexOf(limit);
  if (a < 0 || m < 0) return -1;
  const near = (value: number) => Math.abs(value - (iou ?? value)) < 1e-9;
  let sum = 0;
  let count = 0;
  const thresholds = all(iouThresholds.length).filter((t) => near(iouThresholds[t]!));
  for (const t of thresholds)
    for (let r = 0; r < recalls; r++)
      for (const k of chosen) {
        const value = values[(((t * recalls + r) * categories + k) * areas.length + a) * maxDetections.length + m]!;
        if (value <= -1) continue;
        sum += value;
        count++;
      }
  return count === 0 ? -1 : sum / count;
};

/** Average precision over a selection; -1 where it has no objects. */
export const averagePrecision = (
  curves: Curves,
  categories: number,
  params: CocoParams,
  selection: Selection,
): number => mean(curves.precision, params.recalls.length, categories, params, selection);

/** Average recall over a selection; -1 where it has no objects. */
export const averageRecall = (curves: Curves, categories: number, params: CocoParams, selection: Selection): number =>
  mean(curves.recall, 1, categories, params, selection);
