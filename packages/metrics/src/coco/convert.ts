import { type Detections, fail, type Targets } from '@detrain/core';
import type { CocoAnnotation, CocoGroundTruth, DetectionColumns } from './types.ts';

/** Collects detections image by image and gives them as columns. */
export interface DetectionTable {
  /** Adds one image's detections, under its id. */
  add(image: number, detections: Detections): void;
  /** Everything added so far. */
  columns(): DetectionColumns;
}

/**
 * A growing table of detections.
 *
 * @param categoryIds Category id of each contiguous class; absent: the class itself. Adding a class beyond them throws.
 */
export const detectionTable = (categoryIds?: readonly number[]): DetectionTable => {
  const images: number[] = [];
  const categories: number[] = [];
  const boxes: number[] = [];
  const scores: number[] = [];
  return {
    add: (image, detections) => {
      for (let i = 0; i < detections.scores.length; i++) {
        const label = detections.labels[i] as number;
        const category = categoryIds ? categoryIds[label] : label;
        if (category === undefined)
          fail(
            'metrics',
            `a detection of class ${label}`,
            `There are ${categoryIds?.length} category ids`,
            'Pass one id a class of the model',
          );
        const [x1, y1, x2, y2] = detections.boxes.subarray(4 * i, 4 * i + 4) as unknown as [
          number,
          number,
          number,
          number,
        ];
        images.push(image);
        categories.push(category);
        boxes.push(x1, y1, x2 - x1, y2 - y1);
        scores.push(detections.scores[i] as number);
      }
    },
    columns: () => ({ images, categories, boxes, scores }),
  };
};

/** One image of a ground truth made from targets. */
export interface TargetImage {
  readonly id: number;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly targets: Targets;
}

/**
 * COCO ground truth of images whose objects are given as targets (cx cy w h in [0, 1]): no crowds, areas are box areas.
 *
 * @param categoryIds Category id of each contiguous class; absent: the class itself.
 */
export const groundTruthOf = (
  images: readonly TargetImage[],
  classes: readonly string[],
  categoryIds: readonly number[] = classes.map((_, label) => label),
): CocoGroundTruth => ({
  images: images.map(({ id }) => ({ id })),
  categories: classes.map((name, label) => ({ id: categoryIds[label] ?? label, name })),
  annotations: images.flatMap(({ id, width, height, targets }) =>
    Array.from(targets.labels, (label, j): CocoAnnotation => {
      const [cx, cy, w, h] = targets.boxes.subarray(4 * j, 4 * j + 4) as unknown as [number, number, number, number];
      const bbox = [(cx - w / 2) * width, (cy - h / 2) * height, w * width, h * height];
      return { image_id: id, category_id: categoryIds[label] ?? label, bbox };
    }),
  ),
});
