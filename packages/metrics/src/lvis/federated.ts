import { fail } from '@detrain/core';
import type { Grouped, Ids } from '../coco/group.ts';
import type { DetectionColumns } from '../coco/types.ts';
import type { LvisGroundTruth, LvisImage } from './types.ts';

/** The categories that one of an image's lists names. Throws where the file is not LVIS's. */
const listOf = (image: LvisImage, list: 'neg_category_ids' | 'not_exhaustive_category_ids'): readonly number[] => {
  if (Array.isArray(image[list])) return image[list];
  return fail(
    'metrics',
    `image ${image.id} without ${list}`,
    'LVIS says of each image which categories were looked for',
    'Evaluate COCO files with evaluateCoco',
  );
};

/** Rows of the `limit` best of each image; of equal scores the first. */
const bestOfImages = ({ images, scores }: DetectionColumns, limit: number): readonly number[] => {
  const byImage = new Map<number, number[]>();
  for (let row = 0; row < scores.length; row++) {
    const rows = byImage.get(images[row]!);
    if (rows) rows.push(row);
    else byImage.set(images[row]!, [row]);
  }
  return [...byImage.values()].flatMap((rows) =>
    rows.length <= limit ? rows : rows.sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, limit),
  );
};

/**
 * The detections that an LVIS evaluation looks at: the best of each image over all categories, and of those the categories that are in
 * the image or known not to be. Of others nobody knows whether they are right (Gupta et al. 2019, section 3).
 */
export const judged = (
  detections: DetectionColumns,
  { images, annotations }: LvisGroundTruth,
  limit: number,
): DetectionColumns => {
  const known = new Map(images.map((image) => [image.id, new Set(listOf(image, 'neg_category_ids'))]));
  for (const { image_id, category_id } of annotations) known.get(image_id)?.add(category_id);
  const rows = bestOfImages(detections, limit).filter((row) => {
    const categories = known.get(detections.images[row]!);
    // Detections of unknown images stay, to be refused by name.
    return !categories || categories.has(detections.categories[row]!);
  });
  const boxes = new Float64Array(4 * rows.length);
  rows.forEach((row, k) => {
    for (let e = 0; e < 4; e++) boxes[4 * k + e] = detections.boxes[4 * row + e]!;
  });
  return {
    images: rows.map((row) => detections.images[row]!),
    categories: rows.map((row) => detections.categories[row]!),
    boxes,
    scores: rows.map((row) => detections.scores[row]!),
  };
};

/** The detections with those forgiven whose category is not exhaustively annotated in their image. */
export const forgiving = (dt: Grouped, { images }: LvisGroundTruth, imageIds: Ids, categoryIds: Ids): Grouped => {
  const lists = new Map(images.map((image) => [image.id, new Set(listOf(image, 'not_exhaustive_category_ids'))]));
  const forgiven = new Uint8Array(dt.image.length);
  categoryIds.ids.forEach((category, k) => {
    for (let row = dt.starts[k]!; row < dt.starts[k + 1]!; row++)
      if (lists.get(imageIds.ids[dt.image[row]!]!)?.has(category)) forgiven[row] = 1;
  });
  return { ...dt, forgiven };
};
