import { type Augmentation, type AugmentContext, fail } from '@detrain/core';
import { resizeImage } from './resample.ts';

/** A size in pixels: one number for a square, or width and height. */
export type Size = number | readonly [width: number, height: number];

/** Width and height of a size; of the context's where none is given. Throws where neither is known. */
export const sizeOf = (
  size: Size | undefined,
  context: Pick<AugmentContext, 'size'>,
  who: string,
): readonly [width: number, height: number] => {
  if (typeof size === 'number') return [size, size];
  const found = size ?? context.size;
  if (!found)
    return fail('augment', `${who}() without a size`, 'a size', `give ${who} one, or let the loader set context.size`);
  return found;
};

/**
 * Resizes to a size whatever the aspect, bilinear with antialias (torchvision's `Resize` on a PIL image).
 *
 * @param size in pixels; the batch's where absent
 */
export const resize = (size?: Size): Augmentation => ({
  name: 'resize',
  options: size === undefined ? {} : { size },
  apply(sample, context) {
    const [width, height] = sizeOf(size, context, 'resize');
    const image = resizeImage(sample.image, width, height);
    return image === sample.image ? sample : { ...sample, image };
  },
});
