import { fail } from '@detrain/core';
import type { CocoAnnotation, CocoDetection, DetectionColumns } from './types.ts';

/** Objects or detections in columns, ordered by category, then image, then as given. */
export interface Grouped {
  /** Where each category's rows start `[categories + 1]`. */
  readonly starts: Int32Array;
  /** Index of each row's image in ascending id order. */
  readonly image: Int32Array;
  /** x y w h, flat. */
  readonly boxes: Float64Array;
  readonly area: Float64Array;
  /** Detections' scores; of objects one of COUNTS, CROWD and IGNORED. */
  readonly value: Float64Array;
  /** Detections that are not wrong where they match nothing (LVIS: classes that an image is not searched for). */
  readonly forgiven?: Uint8Array;
}

/** What an object is to the evaluation. */
export const COUNTS = 0;
/** A region of many objects: any number of detections match it, by the share of them inside. */
export const CROWD = 1;
/** Neither missed nor wrong to find, once. */
export const IGNORED = 2;

interface Columns {
  readonly image: Int32Array;
  /** -1: the row is left out. */
  readonly category: Int32Array;
  readonly boxes: Float64Array;
  readonly area: Float64Array;
  readonly value: Float64Array;
}

/** Ids, ascending and unique, and where each is. */
export interface Ids {
  readonly ids: readonly number[];
  readonly at: ReadonlyMap<number, number>;
}

/** The ids of a list of things. */
export const idsOf = (things: readonly { readonly id: number }[]): Ids => {
  const ids = [...new Set(things.map(({ id }) => id))].sort((a, b) => a - b);
  return { ids, at: new Map(ids.map((id, index) => [id, index])) };
};

/** Stable order of rows by category, then image: two counting sorts, the lower key first. */
const group = (columns: Columns, images: number, categories: number): Grouped => {
  const count = columns.image.length;
  const rows: number[] | Int32Array = Int32Array.from({ length: count }, (_, i) => i);
  const byImage = countingSort(rows, columns.image, images).order;
  const { order, starts } = countingSort(byImage, columns.category, categories);
  const boxes = new Float64Array(4 * order.length);
  for (let r = 0; r < order.length; r++)
    for (let e = 0; e < 4; e++) boxes[4 * r + e] = columns.boxes[4 * order[r]! + e]!;
  return {
    starts,
    image: order.map((row) => columns.image[row]!),
    boxes,
    area: Float64Array.from(order, (row) => columns.area[row]!),
    value: Float64Array.from(order, (row) => columns.value[row]!),
  };
};

/** Rows by key, equal keys in the order given; rows of a negative key are left out. */
const countingSort = (rows: Int32Array, keys: Int32Array, size: number): { order: Int32Array; starts: Int32Array } => {
  const starts = new Int32Array(size + 1);
  for (const row of rows) if (keys[row]! >= 0) starts[keys[row]! + 1] = starts[keys[row]! + 1]! + 1;
  for (let key = 0; key < size; key++) starts[key + 1] = starts[key + 1]! + starts[key]!;
  const next = starts.slice();
  const order = new Int32Array(starts[size]!);
  for (const row of rows) {
    const key = keys[row]!;
    if (key < 0) continue;
    const to = next[key]!;
    order[to] = row;
    next[key] = to + 1;
  }
  return { order, starts };
};

const newColumns = (count: number): Columns => ({
  image: new Int32Array(count),
  category: new Int32Array(count),
  boxes: new Float64Array(4 * count),
  area: new Float64Array(count),
  value: new Float64Array(count),
});

/** Puts all rows into category 0, keeping their order by category and then as given (`useCats = 0`). */
const merged = (grouped: Grouped, images: number): Grouped =>
  group({ ...grouped, category: new Int32Array(grouped.image.length) }, images, 1);

/** The objects, grouped; those of unknown images or categories are left out, as in pycocotools. */
export const groupObjects = <A extends CocoAnnotation>(
  annotations: readonly A[],
  images: Ids,
  categories: Ids,
  byCategory: boolean,
  stateOf: (annotation: A) => number = ({ iscrowd }) => (iscrowd ? CROWD : COUNTS),
): Grouped => {
  const columns = newColumns(annotations.length);
  annotations.forEach((annotation, row) => {
    const { bbox } = annotation;
    const image = images.at.get(annotation.image_id) ?? -1;
    columns.image[row] = Math.max(image, 0);
    columns.category[row] = image < 0 ? -1 : (categories.at.get(annotation.category_id) ?? -1);
    for (let e = 0; e < 4; e++) columns.boxes[4 * row + e] = bbox[e]!;
    columns.area[row] = annotation.area ?? bbox[2]! * bbox[3]!;
    columns.value[row] = stateOf(annotation);
  });
  const grouped = group(columns, images.ids.length, categories.ids.length);
  return byCategory ? grouped : merged(grouped, images.ids.length);
};

/** Detections as columns, whichever way they are given. Throws where columns differ in length. */
export const columnsOf = (detections: readonly CocoDetection[] | DetectionColumns): DetectionColumns => {
  if ('scores' in detections) {
    const count = detections.scores.length;
    const { images, categories, boxes } = detections;
    if (images.length !== count || categories.length !== count || boxes.length !== 4 * count)
      fail(
        'metrics',
        `${images.length} images, ${categories.length} categories, ${boxes.length} box numbers`,
        `${count} scores need ${count}, ${count} and ${4 * count}`,
        'Pass columns of one length',
      );
    return detections;
  }
  const boxes = new Float64Array(4 * detections.length);
  for (let row = 0; row < detections.length; row++)
    for (let e = 0; e < 4; e++) boxes[4 * row + e] = detections[row]!.bbox[e]!;
  return {
    images: detections.map((detection) => detection.image_id),
    categories: detections.map((detection) => detection.category_id),
    boxes,
    scores: Float64Array.from(detections, (detection) => detection.score),
  };
};

/** The detections, grouped; those of unknown categories are left out. Throws on an unknown image, as `loadRes` does. */
export const groupDetections = (
  detections: readonly CocoDetection[] | DetectionColumns,
  images: Ids,
  categories: Ids,
  byCategory: boolean,
): Grouped => {
  const given = columnsOf(detections);
  const count = given.scores.length;
  const columns = newColumns(count);
  for (let row = 0; row < count; row++) {
    const image = images.at.get(given.images[row]!);
    if (image === undefined)
      fail(
        'metrics',
        `a detection of image ${given.images[row]}`,
        'The ground truth has no such image',
        'Evaluate detections of the images that were listed',
      );
    columns.image[row] = image;
    columns.category[row] = categories.at.get(given.categories[row]!) ?? -1;
    for (let e = 0; e < 4; e++) columns.boxes[4 * row + e] = given.boxes[4 * row + e]!;
    columns.area[row] = columns.boxes[4 * row + 2]! * columns.boxes[4 * row + 3]!;
    columns.value[row] = given.scores[row]!;
  }
  const grouped = group(columns, images.ids.length, categories.ids.length);
  return byCategory ? grouped : merged(grouped, images.ids.length);
};
