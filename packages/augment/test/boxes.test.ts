import { type Augmentation, type BatchAugmentation, createRng, type Sample } from '@detrain/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  affineSample,
  copyBlend,
  horizontalFlip,
  iouCrop,
  mixup,
  mosaic,
  multiScale,
  photometricDistort,
  randomAffine,
  resize,
  sanitize,
  zoomOut,
} from '../src/index.ts';
import { boxOf, contextOf, drawn, hullOf, type Rectangle, sameSample } from './_images.ts';

/** Three rectangles, one a channel, at least 3 pixels a side. */
const rectangles = (width: number, height: number) =>
  fc.array(
    fc
      .tuple(fc.nat(width - 4), fc.nat(height - 4), fc.nat(width), fc.nat(height))
      .map(([x, y, w, h]): Rectangle => [x, y, Math.min(width, x + 3 + (w % 20)), Math.min(height, y + 3 + (h % 20))]),
    { minLength: 1, maxLength: 3 },
  );
const anySample = fc
  .tuple(fc.integer({ min: 12, max: 60 }), fc.integer({ min: 12, max: 60 }))
  .chain(([width, height]) => rectangles(width, height).map((list) => drawn(width, height, list)));

const all: readonly Augmentation[] = [
  horizontalFlip(),
  resize([33, 21]),
  sanitize({ minSize: 4 }),
  photometricDistort(),
  zoomOut({ probability: 1 }),
  iouCrop({ probability: 1 }),
  randomAffine({ degrees: 40 }),
  mosaic(),
];
const batches: readonly BatchAugmentation[] = [
  mixup({ probability: 1 }),
  copyBlend({ probability: 1, minArea: 9 }),
  multiScale(),
];

const expectGood = ({ image, targets }: Sample) => {
  expect(image.data).toHaveLength(image.width * image.height * 3);
  expect(targets.boxes).toHaveLength(targets.labels.length * 4);
  for (let i = 0; i < targets.labels.length; i++) {
    const [cx, cy, w, h] = targets.boxes.subarray(i * 4, i * 4 + 4) as unknown as Rectangle;
    expect(w).toBeGreaterThan(0);
    expect(h).toBeGreaterThan(0);
    for (const [center, side] of [
      [cx, w],
      [cy, h],
    ] as const) {
      expect(center - side / 2).toBeGreaterThanOrEqual(-1e-6);
      expect(center + side / 2).toBeLessThanOrEqual(1 + 1e-6);
    }
  }
};

describe.each(all.map((a) => [a.name, a] as const))('%s', (_, augmentation) => {
  it('keeps boxes in [0, 1], leaves its input alone, and repeats itself for equal seeds', async () => {
    await fc.assert(
      fc.asyncProperty(anySample, fc.nat(), async (sample, seed) => {
        const before = structuredClone(sample);
        const out = await augmentation.apply(sample, contextOf(seed));
        expectGood(out);
        expect(sameSample(sample, before)).toBe(true);
        expect(sameSample(await augmentation.apply(sample, contextOf(seed)), out)).toBe(true);
        expect([out.id, out.originalSize]).toEqual([sample.id, sample.originalSize]);
      }),
      { numRuns: 60 },
    );
  });

  it('has JSON options', () => {
    expect(JSON.parse(JSON.stringify(augmentation.options))).toEqual(augmentation.options);
  });
});

describe.each(batches.map((a) => [a.name, a] as const))('%s', (_, augmentation) => {
  it('keeps boxes in [0, 1], leaves its input alone, and repeats itself for equal seeds', () => {
    const pair = fc.tuple(rectangles(40, 30), rectangles(40, 30), rectangles(40, 30));
    fc.assert(
      fc.property(pair, fc.nat(), (lists, seed) => {
        const samples = lists.map((list, i) => drawn(40, 30, list, String(i)));
        const before = structuredClone(samples);
        const context = () => ({ rng: createRng(seed), epoch: 0, progress: 0, size: [64, 64] as const });
        const out = augmentation.applyBatch(samples, context());
        for (const sample of out) expectGood(sample);
        expect(samples.every((sample, i) => sameSample(sample, before[i]!))).toBe(true);
        const again = augmentation.applyBatch(samples, context());
        expect(again.every((sample, i) => sameSample(sample, out[i]!))).toBe(true);
        expect(out.map(({ id }) => id)).toEqual(['0', '1', '2']);
      }),
      { numRuns: 60 },
    );
  });
});

describe('pixels under a box follow it', () => {
  /** Each box fits the pixels of its colour to within some pixels; boxes of pixels that others hide are left out. */
  const expectFit = (sample: Sample, room: number) => {
    for (let i = 0; i < sample.targets.labels.length; i++) {
      const channel = sample.targets.labels[i]! % 3;
      const hull = hullOf(sample.image, channel);
      const box = boxOf(sample, i);
      if (!hull) {
        // Less than a pixel or two is left of it.
        expect(Math.min(box[2] - box[0], box[3] - box[1])).toBeLessThan(2.5);
        continue;
      }
      for (let k = 0; k < 4; k++) expect(Math.abs(hull[k]! - box[k]!), `${hull} ${box}`).toBeLessThanOrEqual(room);
    }
  };

  it.each([
    ['flip', horizontalFlip({ probability: 1 }), 0.01],
    ['zoom-out', zoomOut({ probability: 1 }), 0.01],
    ['crop', iouCrop({ probability: 1, ious: [0, 0.1, 0.3] }), 0.01],
    ['resize to larger', resize([121, 77]), 3],
    ['shift and scale', randomAffine({ degrees: 0 }), 1.01],
  ] as const)('%s', async (_, augmentation, room) => {
    await fc.assert(
      fc.asyncProperty(anySample, fc.nat(), async (sample, seed) => {
        expectFit(await augmentation.apply(sample, contextOf(seed)), room);
      }),
      { numRuns: 100 },
    );
  });

  it('mosaic without turning: four boxes around four rectangles', async () => {
    const still = mosaic({ degrees: 0, translate: 0, scale: [1, 1], tile: 30 });
    const colour = (label: number) => {
      const pixel: Rectangle = [0, 0, 1, 1];
      const sample = drawn(
        40,
        30,
        [0, 1, 2].map((i) => (i === label ? [6, 5, 26, 20] : pixel)),
      );
      return {
        ...sample,
        targets: { boxes: sample.targets.boxes.slice(label * 4, label * 4 + 4), labels: Int32Array.of(label) },
      };
    };
    let drawnSamples = 0;
    const out = await still.apply(colour(0), contextOf(1, { draw: () => colour([1, 2, 1][drawnSamples++]!) }));
    expect([out.image.width, out.image.height]).toEqual([80, 60]);
    expect([...out.targets.labels]).toEqual([0, 1, 2, 1]);
    expect([0, 1, 2, 3].map((i) => boxOf(out, i).map(Math.round))).toEqual([
      [6, 5, 26, 20],
      [46, 5, 66, 20],
      [6, 35, 26, 50],
      [46, 35, 66, 50],
    ]);
    expect(out.image.data[(10 * 80 + 10) * 3]).toBe(250);
    expect(out.image.data[(10 * 80 + 50) * 3 + 1]).toBe(250);
    expect(out.image.data[(40 * 80 + 10) * 3 + 2]).toBe(250);
  });

  it('turned boxes hold the turned pixels', () => {
    fc.assert(
      fc.property(fc.integer({ min: -45, max: 45 }), fc.double({ min: 0.6, max: 1.4, noNaN: true }), (angle, scale) => {
        const out = affineSample(drawn(60, 50, [[20, 15, 42, 33]]), { angle, translate: [3, -2], scale });
        const [x1, y1, x2, y2] = hullOf(out.image, 0)!;
        const [bx1, by1, bx2, by2] = boxOf(out, 0);
        for (const slack of [x1 - bx1, y1 - by1, bx2 - x2, by2 - y2]) {
          expect(slack).toBeGreaterThanOrEqual(-1.01);
          expect(slack).toBeLessThanOrEqual(2.5);
        }
      }),
    );
  });

  it('copied objects lie where their new boxes are', () => {
    const list = [drawn(60, 50, [[10, 10, 30, 26]]), { ...drawn(60, 50, []), id: 'empty' }];
    for (let seed = 0; seed < 20; seed++) {
      const context = { rng: createRng(seed), epoch: 0, progress: 0 };
      const out = copyBlend({ probability: 1, expand: [0, 0], share: [0.4, 0.4] }).applyBatch(list, context)[1]!;
      expect([...out.targets.labels]).toEqual([0]);
      expect(hullOf(out.image, 0)).toEqual(boxOf(out, 0).map(Math.round));
    }
  });
});

describe('flip', () => {
  it('twice is nothing', async () => {
    await fc.assert(
      fc.asyncProperty(anySample, async (sample) => {
        const flip = horizontalFlip({ probability: 1 });
        const twice = await flip.apply(await flip.apply(sample, contextOf(1)), contextOf(1));
        expect(Buffer.compare(twice.image.data, sample.image.data)).toBe(0);
        twice.targets.boxes.forEach((value, i) => {
          expect(Math.abs(value - sample.targets.boxes[i]!)).toBeLessThan(1e-7);
        });
      }),
    );
  });
});
