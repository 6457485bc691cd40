import type { CocoGroundTruth } from '../coco/types.ts';
import type { LvisCategory, LvisGroundTruth, LvisImage } from './types.ts';

/** Whether a ground truth is LVIS's: its images say which categories were looked for, and its categories how frequent they are. */
export const isLvis = <T extends CocoGroundTruth>(groundTruth: T): groundTruth is T & LvisGroundTruth =>
  groundTruth.images.every(
    (image: Partial<LvisImage>) => image.neg_category_ids && image.not_exhaustive_category_ids,
  ) && groundTruth.categories.every((category: Partial<LvisCategory>) => category.frequency !== undefined);
