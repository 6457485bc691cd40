import type { Augmentation, Image, Rng } from '@detrain/core';
import { adjustColors, type ColorChange } from './color.ts';

type Range = readonly [low: number, high: number];

export interface PhotometricOptions {
  readonly brightness?: Range;
  readonly contrast?: Range;
  readonly saturation?: Range;
  /** As shares of the circle. */
  readonly hue?: Range;
  /** Of each change by itself. */
  readonly probability?: number;
}

/**
 * Changes colours at random (SSD, torchvision v2's `RandomPhotometricDistort`): brightness, contrast, saturation, hue and
 * the order of channels, each with a probability (0.5); contrast comes before or after saturation and hue.
 */
export const photometricDistort = (options: PhotometricOptions = {}): Augmentation => {
  const { brightness = [0.875, 1.125], contrast = [0.5, 1.5], saturation = [0.5, 1.5] } = options;
  const { hue = [-0.05, 0.05], probability = 0.5 } = options;
  const draw = (rng: Rng, [low, high]: Range): number | null => {
    const value = rng.uniform(low, high);
    return rng.next() < probability ? value : null;
  };
  const distort = (image: Image, rng: Rng): Image => {
    const [b, c, s, h] = [draw(rng, brightness), draw(rng, contrast), draw(rng, saturation), draw(rng, hue)];
    const contrastFirst = rng.next() < 0.5;
    const order = rng.permutation(3);
    const permuted = rng.next() < probability;
    const contrasted: readonly ColorChange[] = c === null ? [] : [{ kind: 'contrast', factor: c }];
    return adjustColors(image, [
      ...(b === null ? [] : [{ kind: 'brightness', factor: b } as const]),
      ...(contrastFirst ? contrasted : []),
      ...(s === null ? [] : [{ kind: 'saturation', factor: s } as const]),
      ...(h === null ? [] : [{ kind: 'hue', shift: h } as const]),
      ...(contrastFirst ? [] : contrasted),
      ...(permuted ? [{ kind: 'order', order } as const] : []),
    ]);
  };
  return {
    name: 'photometric-distort',
    options: { brightness, contrast, saturation, hue, probability },
    apply: (sample, { rng }) => ({ ...sample, image: distort(sample.image, rng) }),
  };
};
