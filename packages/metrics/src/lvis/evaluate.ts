import { curvesOf } from '../coco/curves.ts';
import { COUNTS, columnsOf, groupDetections, groupObjects, IGNORED, idsOf } from '../coco/group.ts';
import { cocoParams } from '../coco/params.ts';
import { averagePrecision, averageRecall, type Selection } from '../coco/summarize.ts';
import type { CocoDetection, DetectionColumns } from '../coco/types.ts';
import { forgiving, judged } from './federated.ts';
import type { LvisCategory, LvisCategoryResult, LvisGroundTruth, LvisOptions, LvisResult } from './types.ts';

/** What to evaluate. */
export interface LvisInput {
  readonly groundTruth: LvisGroundTruth;
  readonly detections: readonly CocoDetection[] | DetectionColumns;
}

/** Detections that count in the LVIS challenge, per image. */
const LVIS_DETECTIONS = 300;

/**
 * LVIS's box AP and AR, equal to lvis-api's (Gupta et al. 2019): detections of categories that an image was not searched for do not
 * count, those of categories that are not exhaustively annotated are never wrong, and AP is given for rare, common and frequent
 * categories, too. Throws on a detection of an image that the ground truth does not list, and on a ground truth that is not LVIS's.
 */
export const evaluateLvis = (
  { groundTruth, detections }: LvisInput,
  { maxDetections = LVIS_DETECTIONS }: LvisOptions = {},
): LvisResult => {
  const params = cocoParams({ maxDetections: [maxDetections] });
  const images = idsOf(groundTruth.images);
  const known = idsOf(groundTruth.categories);
  const categories = known.ids.length;
  const gt = groupObjects(groundTruth.annotations, images, known, true, ({ ignore }) => (ignore ? IGNORED : COUNTS));
  const dt = groupDetections(judged(columnsOf(detections), groundTruth, maxDetections), images, known, true);
  const curves = curvesOf(gt, forgiving(dt, groundTruth, images, known), images.ids.length, categories, params);

  const byId = new Map(groundTruth.categories.map((category) => [category.id, category]));
  const listed = known.ids.map((id) => byId.get(id)!);
  const ap = (selection: Selection = {}) => averagePrecision(curves, categories, params, selection);
  const ar = (selection: Selection = {}) => averageRecall(curves, categories, params, selection);
  const ofFrequency = (wanted: LvisCategory['frequency']) =>
    ap({ categories: Array.from(listed.keys()).filter((k) => listed[k]!.frequency === wanted) });
  const stats = Float64Array.of(
    ap(),
    ap({ iou: 0.5 }),
    ap({ iou: 0.75 }),
    ap({ area: 'small' }),
    ap({ area: 'medium' }),
    ap({ area: 'large' }),
    ofFrequency('r'),
    ofFrequency('c'),
    ofFrequency('f'),
    ar(),
    ar({ area: 'small' }),
    ar({ area: 'medium' }),
    ar({ area: 'large' }),
  );
  const perClass = listed.map(
    ({ id, name, frequency }, k): LvisCategoryResult => ({
      category: id,
      name: name ?? String(id),
      frequency,
      ap: ap({ categories: [k] }),
    }),
  );
  const { precision, recall } = curves;
  const shape = [params.iouThresholds.length, params.recalls.length, categories, params.areas.length] as const;
  return { stats, perClass, precision, recall, shape, categoryIds: known.ids };
};
