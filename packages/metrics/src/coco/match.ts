import { COUNTS, CROWD, type Grouped } from './group.ts';
import { overlap } from './overlap.ts';
import type { CocoParams } from './params.ts';

/** What became of a detection: wrong, right, or neither. */
export const FALSE_POSITIVE = 0;
export const TRUE_POSITIVE = 1;
export const NEITHER = 2;

/** One category's detections, by descending score over all images (equal scores by image, then as given). */
export interface CategoryMatches {
  readonly count: number;
  readonly scores: Float64Array;
  /** Place among the detections of the same image `[count]`. */
  readonly rank: Int32Array;
  /** FALSE_POSITIVE, TRUE_POSITIVE or NEITHER `[areas, thresholds, count]`, flat. */
  readonly status: Uint8Array;
  /** Objects that count, per area `[areas]`. */
  readonly objects: Int32Array;
}

/** Highest threshold in use, so that an IoU of 1 always matches (pycocotools). */
const MAX_THRESHOLD = 1 - 1e-10;

/** Matches detections of one category with its objects, image by image, greedily by score (COCO's `evaluateImg`). */
export const matchCategory = (
  gt: Grouped,
  dt: Grouped,
  category: number,
  images: number,
  params: CocoParams,
): CategoryMatches => {
  const { areas, iouThresholds, maxDetections } = params;
  const limit = maxDetections[maxDetections.length - 1] ?? 0;
  const first = dt.starts[category]!;
  const last = dt.starts[category + 1]!;
  const sorted = Int32Array.from({ length: last - first }, (_, i) => first + i);
  sorted.sort((a, b) => dt.value[b]! - dt.value[a]! || a - b);

  // The best `limit` of each image stay, still by score; then, image by image, where they are in that order.
  const perImage = new Int32Array(images + 1);
  const ranks = new Int32Array(sorted.length);
  let count = 0;
  for (let n = 0; n < sorted.length; n++) {
    const row = sorted[n]!;
    const rank = perImage[dt.image[row]! + 1]!;
    if (rank >= limit) continue;
    perImage[dt.image[row]! + 1] = rank + 1;
    sorted[count] = row;
    ranks[count++] = rank;
  }
  const rows = sorted.subarray(0, count);
  const rank = ranks.subarray(0, count);
  for (let i = 0; i < images; i++) perImage[i + 1] = perImage[i + 1]! + perImage[i]!;
  const byImage = new Int32Array(count);
  for (let n = 0; n < count; n++) byImage[perImage[dt.image[rows[n]!]!]! + rank[n]!] = n;

  const status = new Uint8Array(areas.length * iouThresholds.length * count);
  const objects = new Int32Array(areas.length);
  areas.forEach(({ min, max }, a) => {
    const start = a * iouThresholds.length * count;
    const unmatched = status.subarray(start, start + count);
    for (let n = 0; n < count; n++) {
      const row = rows[n]!;
      const outside = dt.area[row]! < min || dt.area[row]! > max;
      unmatched[n] = outside || dt.forgiven?.[row] ? NEITHER : FALSE_POSITIVE;
    }
    for (let t = 1; t < iouThresholds.length; t++) status.copyWithin(start + t * count, start, start + count);
    for (let g = gt.starts[category]!; g < gt.starts[category + 1]!; g++)
      if (gt.value[g] === COUNTS && gt.area[g]! >= min && gt.area[g]! <= max) objects[a] = objects[a]! + 1;
  });

  for (let from = gt.starts[category]!; from < gt.starts[category + 1]!; ) {
    const image = gt.image[from]!;
    let to = from + 1;
    while (to < gt.starts[category + 1]! && gt.image[to] === image) to++;
    const found = byImage.subarray(perImage[image]!, perImage[image + 1]!);
    if (found.length > 0) matchImage(gt, from, to, dt, rows, found, status, count, params);
    from = to;
  }
  return { count, scores: Float64Array.from(rows, (row) => dt.value[row]!), rank, status, objects };
};

/** Matches the detections `found` of one image (places in `rows`, by score) with its objects [from, to). */
const matchImage = (
  gt: Grouped,
  from: number,
  to: number,
  dt: Grouped,
  rows: Int32Array,
  found: Int32Array,
  status: Uint8Array,
  count: number,
  { areas, iouThresholds }: CocoParams,
): void => {
  const objects = to - from;
  const ious = new Float64Array(found.length * objects);
  const best = new Float64Array(found.length);
  let any = false;
  for (let d = 0, k = 0; d < found.length; d++) {
    for (let g = 0; g < objects; g++, k++) {
      const value = overlap(dt.boxes, rows[found[d]!]!, gt.boxes, from + g, gt.value[from + g] === CROWD);
      ious[k] = value;
      if (value > best[d]!) best[d] = value;
    }
    any ||= best[d]! >= iouThresholds[0]!;
  }
  if (!any) return;

  const order = new Int32Array(objects);
  const taken = new Uint8Array(objects);
  for (let a = 0; a < areas.length; a++) {
    const { min, max } = areas[a]!;
    // Objects that count come first, then those that do not: crowds, ignored ones, other areas.
    let counting = 0;
    for (let pass = 0, k = 0; pass < 2; pass++) {
      for (let g = 0; g < objects; g++) {
        const area = gt.area[from + g]!;
        const ignored = gt.value[from + g] !== COUNTS || area < min || area > max;
        if (ignored === (pass === 1)) order[k++] = g;
      }
      if (pass === 0) counting = k;
    }
    for (let t = 0; t < iouThresholds.length; t++) {
      const threshold = Math.min(iouThresholds[t]!, MAX_THRESHOLD);
      taken.fill(0);
      const base = (a * iouThresholds.length + t) * count;
      for (let d = 0; d < found.length; d++) {
        if (best[d]! < threshold) continue;
        let reach = threshold;
        let match = -1;
        for (let k = 0; k < objects; k++) {
          // An object that counts is not given up for an ignored one.
          if (k === counting && match >= 0) break;
          const g = order[k]!;
          if (taken[g] && gt.value[from + g] !== CROWD) continue;
          const value = ious[d * objects + g]!;
          if (value < reach) continue;
          reach = value;
          match = k;
        }
        if (match < 0) continue;
        taken[order[match]!] = 1;
        status[base + found[d]!] = match < counting ? TRUE_POSITIVE : NEITHER;
      }
    }
  }
};
