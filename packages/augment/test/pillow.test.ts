import { describe, expect, it } from 'vitest';
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  affineSample,
  resizeImage,
} from '../src/index.ts';
import { pattern } from './_images.ts';
import { pillow } from './_pillow.ts';

const image = pattern();
const numbers = (key: string) => key.match(/-?[\d.]+/g)!.map(Number);
const keys = (start: string) => Object.keys(pillow).filter((key) => key.startsWith(start));

describe('equal to Pillow', () => {
  it.each(keys('resize'))('%s', (key) => {
    const [width, height] = numbers(key);
    expect([...resizeImage(image, width!, height!).data]).toEqual(pillow[key]);
  });

  it.each([...keys('brightness'), ...keys('contrast'), ...keys('saturation')])('%s', (key) => {
    const change = { b: adjustBrightness, c: adjustContrast, s: adjustSaturation }[key[0] as 'b' | 'c' | 's'];
    expect([...change(image, numbers(key)[0]!).data]).toEqual(pillow[key]);
  });

  it.each(keys('hue'))('%s, to within rounding', (key) => {
    const ours = adjustHue(image, numbers(key)[0]!).data;
    for (const [i, value] of pillow[key]!.entries()) expect(Math.abs(ours[i]! - value)).toBeLessThanOrEqual(2);
  });

  it('affine, nearest', () => {
    const targets = { boxes: new Float32Array(0), labels: new Int32Array(0) };
    const sample = { id: '', image, targets, originalSize: [13, 9] as const };
    const out = affineSample(sample, { angle: 17, translate: [2, -1], scale: 1.2 });
    expect([...out.image.data]).toEqual(pillow['affine']);
  });
});
