import type { AreaRange, CocoOptions } from './types.ts';

/** numpy's `linspace`: evenly spaced float64 values, both ends included. */
const linspace = (start: number, stop: number, count: number): Float64Array => {
  const step = (stop - start) / (count - 1);
  const out = Float64Array.from({ length: count }, (_, i) => i * step + start);
  out[count - 1] = stop;
  return out;
};

/** IoU thresholds of the COCO challenge: 0.5, 0.55, … 0.95. */
export const COCO_IOU_THRESHOLDS: Float64Array = linspace(0.5, 0.95, 10);

/** Recalls at which precision is read: 0, 0.01, … 1. */
export const COCO_RECALLS: Float64Array = linspace(0, 1, 101);

/** Object areas of the COCO challenge, in square pixels. */
export const COCO_AREAS: readonly AreaRange[] = [
  { name: 'all', min: 0, max: 1e10 },
  { name: 'small', min: 0, max: 32 ** 2 },
  { name: 'medium', min: 32 ** 2, max: 96 ** 2 },
  { name: 'large', min: 96 ** 2, max: 1e10 },
];

/** What an evaluation measures, complete. */
export interface CocoParams {
  readonly maxDetections: readonly number[];
  readonly areas: readonly AreaRange[];
  readonly iouThresholds: Float64Array;
  readonly recalls: Float64Array;
  readonly useCategories: boolean;
}

/** Options with the challenge's defaults filled in. */
export const cocoParams = ({
  maxDetections = [1, 10, 100],
  areas = COCO_AREAS,
  iouThresholds = COCO_IOU_THRESHOLDS,
  useCategories = true,
}: CocoOptions): CocoParams => ({
  maxDetections: [...maxDetections].sort((a, b) => a - b),
  areas,
  iouThresholds: Float64Array.from(iouThresholds).sort(),
  recalls: COCO_RECALLS,
  useCategories,
});
