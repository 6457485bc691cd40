import {
  during,
  horizontalFlip,
  iouCrop,
  multiScale,
  photometricDistort,
  resize,
  type Size,
  sanitize,
  sequence,
  type Window,
  zoomOut,
} from '@detrain/augment';
import type { Augmentation, BatchAugmentation } from '@detrain/core';

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
  /** When the strong augmentations and other sizes act; always where absent. D-FINE stops them for its last epochs. */
  readonly window?: Window;
  /** How often the base size is in the list of sizes (RT-DETRv2 3; D-FINE S 20, M 6, L 4, X 3); null: one size. */
  readonly multiScale?: number | null;
}

/**
 * The augmentations of RT-DETR and D-FINE, without mosaic and mixup: colours, zoom-out, IoU-crop, flip, resize.
 *
 * @param options.window for instance `{ unit: 'epoch', to: 148 }`
 */
export const standardAugmentations = ({ window, minSize = 1, size }: StandardOptions = {}): readonly Augmentation[] => {
  const strong = strongAugmentations();
  return [
    ...(window ? [during(window, sequence(...strong))] : strong),
    ...plainAugmentations({ minSize, ...(size && { size }) }),
  ];
};

/** The augmentations of a batch of RT-DETR and D-FINE: now and then another size, in the window of the strong ones. */
export const standardBatchAugmentations = ({
  window = { unit: 'fraction' },
  multiScale: repeat = null,
}: StandardOptions = {}): readonly BatchAugmentation[] =>
  repeat === null ? [] : [during(window, multiScale({ repeat }))];
