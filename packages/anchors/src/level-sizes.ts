import { fail } from '@detrain/core';

/** Rows and columns of one feature map. */
export type LevelSize = readonly [height: number, width: number];

/** Sizes of the feature maps of an image padded to `[height, width]` pixels, one a stride, rounded up. */
export const levelSizes = (height: number, width: number, strides: readonly number[]): readonly LevelSize[] =>
  strides.map((stride) => [Math.ceil(height / stride), Math.ceil(width / stride)]);

/** Throws where there is not one size a stride. */
export const checkSizes = (sizes: readonly LevelSize[], strides: readonly number[]): void => {
  if (sizes.length !== strides.length)
    fail(
      'anchors',
      `${sizes.length} feature maps for ${strides.length} strides`,
      'One a stride is wanted',
      'Pass the sizes of all levels, finest first',
    );
};
