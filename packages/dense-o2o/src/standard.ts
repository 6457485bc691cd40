import {
  during,
  horizontalFlip,
  iouCrop,
  photometricDistort,
  resize,
  type Size,
  sanitize,
  sequence,
  type Window,
  zoomOut,
} from '@detrain/augment';
import type { Augmentation } from '@detrain/core';

/** The strong standard augmentations in the order of D-FINE and RT-DETR: colours, zoom-out, IoU-crop. */
export const strongAugmentations = (): readonly Augmentation[] => [photometricDistort(), zoomOut(), iouCrop()];

export interface PlainOptions {
  /** Boxes narrower or lower than this many pixels are dropped (1; DEIMv2 Pico 8, Femto 10, Atto 12). */
  readonly minSize?: number;
  /** The size that images are resized to; the batch's where absent. */
  readonly size?: Size;
}

/** What every epoch does: sanitise, flip, resize, sanitise again at the new size. */
export const plainAugmentations = ({ minSize = 1, size }: PlainOptions = {}): readonly Augmentation[] => [
  sanitize({ minSize }),
  horizontalFlip(),
  resize(size),
  sanitize({ minSize }),
];

export interface StandardOptions extends PlainOptions {
  /** When the strong augmentations act; always where absent. D-FINE stops them for its last epochs. */
  readonly window?: Window;
}

/**
 * The augmentations of RT-DETR and D-FINE, without mosaic and mixup: colours, zoom-out, IoU-crop, flip, resize.
 *
 * @param options.window for instance `{ unit: 'epoch', to: 148 }`
 */
export const standardAugmentations = ({ window, ...plain }: StandardOptions = {}): readonly Augmentation[] => {
  const strong = strongAugmentations();
  return [...(window ? [during(window, sequence(...strong))] : strong), ...plainAugmentations(plain)];
};
