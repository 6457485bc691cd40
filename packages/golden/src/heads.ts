import { type AnchorGrid, type AnchorGridOptions, anchorGrid, type LevelSize, validAnchors } from '@detrain/anchors';
import type { Permutations } from '@detrain/assigner-iou';
import { fromPixelCorners, type PixelSize, type Targets } from '@detrain/core';
import { floatsOf, type GoldenCase, integersOf, tensorOf } from './case.ts';

/** What cases of dense heads say of themselves. */
export interface HeadMeta {
  /** Height and width of each image, without the padding of the batch. */
  readonly image_sizes: readonly (readonly [height: number, width: number])[];
  readonly pad: readonly [height: number, width: number];
  readonly num_classes: number;
  readonly featmap_sizes: readonly LevelSize[];
  /** Of each loss its value, or one a level. */
  readonly losses: Readonly<Record<string, number | readonly number[]>>;
  readonly weight?: number;
}

/** One image of a case. */
export interface HeadImage {
  readonly size: PixelSize;
  /** x1 y1 x2 y2 in pixels `[targets * 4]` */
  readonly corners: Float32Array;
  readonly labels: Int32Array;
  /** The same in [0, 1] of the image. */
  readonly targets: Targets;
}

/** What Co-DETR multiplies the losses of auxiliary heads by: decoder layers times lambda 2. */
export const WEIGHT = 12;

/** Offsets of ATSS, PAA and R-CNN heads are multiplied by these. */
export const STDS = [0.1, 0.1, 0.2, 0.2];

/** Pixels from one location to the next on the five levels of all cases. */
export const STRIDES = [8, 16, 32, 64, 128];

export const headMeta = (golden: GoldenCase): HeadMeta => golden.meta as unknown as HeadMeta;

/** A batch's images with their targets. */
export const imagesOf = (golden: GoldenCase): readonly HeadImage[] =>
  headMeta(golden).image_sizes.map(([height, width], image) => {
    const corners = floatsOf(tensorOf(golden, `gt_boxes_${image}`));
    const labels = integersOf(tensorOf(golden, `gt_labels_${image}`));
    const size: PixelSize = [width, height];
    return { size, corners, labels, targets: { boxes: fromPixelCorners(corners, size), labels } };
  });

/** The anchors of a case and, image by image, which of them lie on the image. */
export const anchorsOf = (golden: GoldenCase, options: Omit<AnchorGridOptions, 'strides'> = {}) => {
  const { featmap_sizes: sizes } = headMeta(golden);
  const grid: AnchorGrid = anchorGrid({ strides: STRIDES.slice(0, sizes.length), ...options });
  const { boxes, levels } = grid.generate(sizes);
  const valid = imagesOf(golden).map(({ size }) => validAnchors(sizes, grid.strides, grid.perLocation, size));
  return { boxes, levels, valid, perLocation: grid.perLocation };
};

/** The permutations that a case recorded, in the order in which they were drawn. */
export const permutationsOf = (golden: GoldenCase): Permutations => {
  let next = 0;
  return { permutation: () => integersOf(tensorOf(golden, `perm_${next++}`)) };
};

/** Classes `[candidates]` of an assignment: `numClasses` where it has no target. */
export const labelsOf = (targetOf: Int32Array, { labels }: Pick<Targets, 'labels'>, numClasses: number): Int32Array =>
  targetOf.map((target) => labels[target] ?? numClasses);

/** Corners of each candidate's target, zeros where it has none `[candidates * 4]`. */
export const cornersOf = (targetOf: Int32Array, corners: Float32Array): Float32Array =>
  Float32Array.from({ length: 4 * targetOf.length }, (_, k) => corners[4 * (targetOf[k >> 2] ?? -1) + (k & 3)] ?? 0);

/**
 * A prediction of one image from NCHW maps `name_0`, `name_1`, …: `[candidates * channels]`, level by level, row by row, anchor by anchor.
 */
export const flatten = (golden: GoldenCase, name: string, image: number, channels: number): Float32Array => {
  const values: number[] = [];
  headMeta(golden).featmap_sizes.forEach(([height, width], level) => {
    const { data, shape } = tensorOf(golden, `${name}_${level}`);
    const depth = shape[1] ?? 0;
    const area = height * width;
    const start = image * depth * area;
    for (let location = 0; location < area; location++)
      for (let c = 0; c < depth; c++) values.push(Number(data[start + c * area + location]));
  });
  if (values.length % channels !== 0) throw new Error(`golden: ${name} has not ${channels} channels.`);
  return Float32Array.from(values);
};

/** The candidates of one level of a flat array `[candidates * width]`. */
export const levelOf = <T extends Float32Array | Int32Array>(
  values: T,
  levels: readonly number[],
  level: number,
  width = 1,
): T => {
  const start = levels.slice(0, level).reduce((sum, count) => sum + count, 0);
  return values.subarray(start * width, (start + (levels[level] ?? 0)) * width) as T;
};
