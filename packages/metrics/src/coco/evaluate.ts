import { curvesOf } from './curves.ts';
import { groupDetections, groupObjects, idsOf } from './group.ts';
import { cocoParams } from './params.ts';
import { averagePrecision, averageRecall, type Selection } from './summarize.ts';
import type {
  CategoryResult,
  CocoDetection,
  CocoGroundTruth,
  CocoOptions,
  CocoResult,
  DetectionColumns,
} from './types.ts';

/** What to evaluate. */
export interface CocoInput {
  readonly groundTruth: CocoGroundTruth;
  readonly detections: readonly CocoDetection[] | DetectionColumns;
}

/**
 * COCO's box AP and AR, equal to pycocotools': the twelve numbers, AP per category, and the whole precision, recall and score arrays.
 *
 * Crowds and objects outside an area range are neither missed nor wrong to find; detections count per image and category, best first.
 * Ids need not be contiguous. Throws on a detection of an image that the ground truth does not list.
 */
export const evaluateCoco = ({ groundTruth, detections }: CocoInput, options: CocoOptions = {}): CocoResult => {
  const params = cocoParams(options);
  const { areas, iouThresholds, maxDetections, recalls, useCategories } = params;
  const images = idsOf(groundTruth.images);
  const known = idsOf(groundTruth.categories);
  const gt = groupObjects(groundTruth.annotations, images, known, useCategories);
  const dt = groupDetections(detections, images, known, useCategories);
  const categoryIds = useCategories ? known.ids : [-1];
  const categories = categoryIds.length;

  const curves = curvesOf(gt, dt, images.ids.length, categories, params);
  const ap = (selection: Selection = {}) => averagePrecision(curves, categories, params, selection);
  const ar = (selection: Selection = {}) => averageRecall(curves, categories, params, selection);
  const [few, some] = maxDetections;
  const stats = Float64Array.of(
    ap(),
    ap({ iou: 0.5 }),
    ap({ iou: 0.75 }),
    ap({ area: 'small' }),
    ap({ area: 'medium' }),
    ap({ area: 'large' }),
    ar({ maxDetections: few! }),
    ar({ maxDetections: some ?? few! }),
    ar(),
    ar({ area: 'small' }),
    ar({ area: 'medium' }),
    ar({ area: 'large' }),
  );
  const names = new Map(groundTruth.categories.map(({ id, name }) => [id, name]));
  const perClass = categoryIds.map(
    (id, category): CategoryResult => ({
      category: id,
      name: names.get(id) ?? String(id),
      ap: ap({ categories: [category] }),
      ap50: ap({ categories: [category], iou: 0.5 }),
      ap75: ap({ categories: [category], iou: 0.75 }),
      apSmall: ap({ categories: [category], area: 'small' }),
      apMedium: ap({ categories: [category], area: 'medium' }),
      apLarge: ap({ categories: [category], area: 'large' }),
    }),
  );
  const shape = [iouThresholds.length, recalls.length, categories, areas.length, maxDetections.length] as const;
  return { stats, perClass, ...curves, shape, categoryIds };
};
