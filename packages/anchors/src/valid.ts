import { countBoxes, type FlatBoxes, type PixelSize } from '@detrain/core';
import { checkSizes, type LevelSize } from './level-sizes.ts';

/**
 * 1 for the anchors of locations that lie on an image rather than on the padding of its batch `[count]`, as `Candidates.valid` wants it.
 *
 * @param sizes Feature maps of the padded batch.
 * @param imageSize Width and height in pixels of this image.
 */
export const validAnchors = (
  sizes: readonly LevelSize[],
  strides: readonly number[],
  perLocation: number,
  [imageWidth, imageHeight]: PixelSize,
): Uint8Array => {
  checkSizes(sizes, strides);
  const valid = new Uint8Array(perLocation * sizes.reduce((sum, [height, width]) => sum + height * width, 0));
  let start = 0;
  sizes.forEach(([height, width], level) => {
    const stride = strides[level] as number;
    const rows = Math.min(Math.ceil(imageHeight / stride), height);
    const columns = Math.min(Math.ceil(imageWidth / stride), width);
    for (let y = 0; y < rows; y++) {
      const row = start + y * width * perLocation;
      valid.fill(1, row, row + columns * perLocation);
    }
    start += height * width * perLocation;
  });
  return valid;
};

/**
 * 1 for boxes x1 y1 x2 y2 that reach at most `border` pixels beyond the image `[count]` (`allowed_border` of RPN).
 */
export const insideImage = (boxes: FlatBoxes, [width, height]: PixelSize, border = 0): Uint8Array => {
  const inside = new Uint8Array(countBoxes(boxes));
  for (let i = 0, k = 0; i < inside.length; i++, k += 4)
    inside[i] =
      (boxes[k] as number) >= -border &&
      (boxes[k + 1] as number) >= -border &&
      (boxes[k + 2] as number) < width + border &&
      (boxes[k + 3] as number) < height + border
        ? 1
        : 0;
  return inside;
};
