import { readFileSync } from 'node:fs';
import { createRng, type Image } from '@detrain/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generate, target } from '../scripts/kernels.ts';
import {
  adjustBrightness,
  adjustColors,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  flipImage,
  mixInto,
  mosaic,
  permuteChannels,
  resizeImage,
  writeFloats,
} from '../src/index.ts';
import { contextOf, drawn } from './_images.ts';
import { brightness, contrast, hue, mirrored, permuted, resized, saturation } from './_reference.ts';

const noise = (width: number, height: number, seed: number): Image => {
  const rng = createRng(seed);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => rng.int(256)) };
};
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
const side = fc.integer({ min: 1, max: 70 });
const seed = fc.nat(9999);

/** Colours 5 apart in each channel, from 0 to 255; more than a part of the kernels' memory. */
const colours: Image = {
  width: 52 * 52,
  height: 52,
  data: Uint8Array.from({ length: 52 ** 3 * 3 }, (_, i) => (Math.floor(Math.floor(i / 3) / 52 ** (i % 3)) % 52) * 5),
};

it('the committed modules are what the sources give', async () => {
  expect(readFileSync(target, 'utf8')).toBe(await generate());
});

describe('equal to plain loops', () => {
  it.each([0, 0.5, 0.613, 1, 1.2345, 1.5, 30])('brightness, contrast and saturation %f', (factor) => {
    expect(same(adjustBrightness(colours, factor).data, brightness(colours, factor))).toBe(true);
    expect(same(adjustContrast(colours, factor).data, contrast(colours, factor))).toBe(true);
    expect(same(adjustSaturation(colours, factor).data, saturation(colours, factor))).toBe(true);
  });

  it.each([-0.5, -0.05, 0, 0.017, 0.05, 0.5])('hue %f', (shift) => {
    expect(same(adjustHue(colours, shift).data, hue(colours, shift))).toBe(true);
  });

  it('colours and mirror of any size', () => {
    fc.assert(
      fc.property(side, side, seed, fc.constantFrom([2, 0, 1], [1, 0, 2], [0, 1, 2]), (w, h, s, order) => {
        const image = noise(w, h, s);
        expect(same(adjustContrast(image, 0.7).data, contrast(image, 0.7))).toBe(true);
        expect(same(adjustSaturation(image, 1.4).data, saturation(image, 1.4))).toBe(true);
        expect(same(adjustHue(image, 0.04).data, hue(image, 0.04))).toBe(true);
        expect(same(permuteChannels(image, order).data, permuted(image, order))).toBe(true);
        expect(same(flipImage(image).data, mirrored(image))).toBe(true);
      }),
    );
  });

  it('resizing from any size to any other', () => {
    fc.assert(
      fc.property(side, side, side, side, seed, (w, h, toWidth, toHeight, s) => {
        const image = noise(w, h, s);
        expect(same(resizeImage(image, toWidth, toHeight).data, resized(image, toWidth, toHeight))).toBe(true);
      }),
      {
        examples: [
          [70, 70, 1, 1, 0],
          [1, 1, 70, 70, 0],
          [70, 9, 70, 30, 0],
          [70, 33, 11, 33, 0],
          [400, 400, 9, 7, 0],
        ],
      },
    );
  });

  it('mixing and floats, of all bytes', () => {
    const own = Uint8Array.from({ length: 65_536 }, (_, i) => i);
    const other = Uint8Array.from({ length: 65_536 }, (_, i) => i >> 8);
    for (const share of [0, 0.25, 0.45, 0.5, 0.512345, 1]) {
      const out = new Uint8Array(own.length);
      mixInto(out, own, other, share);
      expect(
        same(
          out,
          own.map((value, i) => value * share + other[i]! * (1 - share) + 0.5),
        ),
      ).toBe(true);
    }
    const image = noise(200, 100, 1);
    const floats = new Float32Array(image.data.length + 4);
    writeFloats(image, floats, 3);
    expect(floats.every((value, i) => value === Math.fround((image.data[i - 3] ?? 0) / 255))).toBe(true);
  });
});

it('several changes at once are those one by one', () => {
  const image = noise(190, 100, 5);
  const one = adjustHue(adjustSaturation(adjustContrast(adjustBrightness(image, 1.1), 0.8), 1.3), 0.02);
  const several = adjustColors(image, [
    { kind: 'brightness', factor: 1.1 },
    { kind: 'contrast', factor: 0.8 },
    { kind: 'saturation', factor: 1.3 },
    { kind: 'hue', shift: 0.02 },
    { kind: 'contrast', factor: 1.2 },
    { kind: 'order', order: [1, 2, 0] },
  ]);
  expect(same(several.data, permuteChannels(adjustContrast(one, 1.2), [1, 2, 0]).data)).toBe(true);
  expect(adjustColors(image, [])).toBe(image);
});

it('a mosaic is its own: the next one leaves it alone', async () => {
  const still = mosaic({ degrees: 0, translate: 0, scale: [1, 1] });
  const shared = drawn(40, 30, [[3, 4, 30, 20]]);
  const first = await still.apply(shared, contextOf(1));
  const before = first.image.data.slice();
  await still.apply(drawn(50, 64, []), contextOf(2));
  expect(first.image.data).toEqual(before);
});
