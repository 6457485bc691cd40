import { accumulate, type Curves } from './accumulate.ts';
import type { Grouped } from './group.ts';
import { matchCategory } from './match.ts';
import type { CocoParams } from './params.ts';

/** Matches detections with objects, category by category, and reads the curves off the matches. */
export const curvesOf = (gt: Grouped, dt: Grouped, images: number, categories: number, params: CocoParams): Curves => {
  const { areas, iouThresholds, maxDetections, recalls } = params;
  const cells = iouThresholds.length * categories * areas.length * maxDetections.length;
  const curves: Curves = {
    precision: new Float64Array(cells * recalls.length).fill(-1),
    recall: new Float64Array(cells).fill(-1),
    scores: new Float64Array(cells * recalls.length).fill(-1),
  };
  for (let category = 0; category < categories; category++)
    accumulate(curves, matchCategory(gt, dt, category, images, params), category, categories, params);
  return curves;
};
