import type { Augmentation, Image, Rng } from '@detrain/core';
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation, permuteChannels } from './color.ts';

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
    let out = image;
    if (b !== null) out = adjustBrightness(out, b);
    if (c !== null && contrastFirst) out = adjustContrast(out, c);
    if (s !== null) out = adjustSaturation(out, s);
    if (h !== null) out = adjustHue(out, h);
    if (c !== null && !contrastFirst) out = adjustContrast(out, c);
    return permuted ? permuteChannels(out, order) : out;
  };
  return {
    name: 'photometric-distort',
    options: { brightness, contrast, saturation, hue, probability },
    apply: (sample, { rng }) => ({ ...sample, image: distort(sample.image, rng) }),
  };
};
