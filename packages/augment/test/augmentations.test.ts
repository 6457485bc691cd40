import { type Augmentation, type BatchAugmentation, createRng, type Image, type Sample } from '@detrain/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  choose,
  during,
  horizontalFlip,
  iouCrop,
  mixup,
  mosaic,
  multiScale,
  photometricDistort,
  resize,
  resizeImage,
  resizeNearest,
  sanitize,
  sequence,
  sometimes,
  zoomOut,
} from '../src/index.ts';
import { contextOf, drawn, pattern } from './_images.ts';

const step = (name: string, log: string[]): Augmentation => ({
  name,
  options: {},
  apply(sample) {
    log.push(name);
    return sample;
  },
});
const sample = drawn(20, 10, [[2, 2, 12, 8]]);

describe('resizeImage', () => {
  it('gives the image itself at its own size', () => {
    const image = pattern();
    expect(resizeImage(image, 13, 9)).toBe(image);
  });

  it('keeps a flat image flat', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), fc.nat(255), (w, h, value) => {
        const image = { width: 17, height: 11, data: new Uint8Array(17 * 11 * 3).fill(value) };
        expect(new Set(resizeImage(image, w, h).data)).toEqual(new Set([value]));
      }),
    );
  });

  it('reads black borders as black: known or not, the result is the same', async () => {
    const unmarked = (s: Sample): Sample => ({ ...s, image: { ...s.image } as Image });
    const steps = [
      zoomOut({ probability: 1 }),
      iouCrop({ probability: 1 }),
      horizontalFlip({ probability: 1 }),
      zoomOut(),
      resize([23, 31]),
    ];
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const [one, other] = [contextOf(seed), contextOf(seed)];
        let marked: Sample = { ...sample, image: pattern(20, 10) };
        let plain = marked;
        for (const each of steps) {
          marked = await each.apply(marked, one);
          plain = unmarked(await each.apply(plain, other));
          expect(Buffer.from(marked.image.data).equals(Buffer.from(plain.image.data))).toBe(true);
        }
        expect(marked.targets).toEqual(plain.targets);
      }),
      { numRuns: 200 },
    );
  });

  it('nearest takes floor(i * from / to)', () => {
    const image = { width: 3, height: 1, data: Uint8Array.of(1, 1, 1, 2, 2, 2, 3, 3, 3) };
    expect([...resizeNearest(image, 5, 1).data].filter((_, i) => i % 3 === 0)).toEqual([1, 1, 2, 2, 3]);
  });
});

describe('sanitize', () => {
  it('drops small, empty and broken boxes and clamps the others', async () => {
    const boxes = Float32Array.of(
      0.5,
      0.5,
      0.05,
      0.5,
      0.9,
      0.5,
      0.4,
      0.4,
      2,
      0.5,
      0.2,
      0.2,
      Number.NaN,
      0.5,
      0.2,
      0.2,
      0.5,
      0.5,
      0.1,
      0.2,
    );
    const out = await sanitize({ minSize: 2 }).apply(
      { ...sample, targets: { boxes, labels: Int32Array.of(0, 1, 2, 3, 4) } },
      contextOf(0),
    );
    expect([...out.targets.labels]).toEqual([1, 4]);
    expect([...out.targets.boxes.subarray(0, 4)].map((v) => Math.round(v * 1e4) / 1e4)).toEqual([0.85, 0.5, 0.3, 0.4]);
  });
});

describe('iouCrop', () => {
  it('keeps an object at the IoU that was asked for, and those whose centre stays', async () => {
    const big = drawn(60, 60, [
      [5, 5, 50, 50],
      [0, 0, 4, 4],
    ]);
    for (let seed = 0; seed < 60; seed++) {
      const out = await iouCrop({ probability: 1, ious: [0.5] }).apply(big, contextOf(seed));
      const ratio = out.image.width / out.image.height;
      expect(ratio >= 0.5 && ratio <= 2).toBe(true);
      expect(out.image.width).toBeGreaterThanOrEqual(18);
      expect([...out.targets.labels]).toContain(0);
    }
  });

  it('leaves an image without objects whole, and one whose wish cannot be met', async () => {
    const empty = drawn(20, 10, []);
    expect(await iouCrop({ probability: 1 }).apply(empty, contextOf(1))).toBe(empty);
    expect(await iouCrop({ probability: 1, ious: [0.99], trials: 2 }).apply(sample, contextOf(1))).toBe(sample);
    expect(await iouCrop({ probability: 1, ious: [1] }).apply(sample, contextOf(1))).toBe(sample);
  });
});

describe('photometricDistort', () => {
  it('does nothing at probability 0 and keeps the boxes always', async () => {
    const coloured = { ...sample, image: pattern(20, 10) };
    expect((await photometricDistort({ probability: 0 }).apply(coloured, contextOf(1))).image.data).toEqual(
      coloured.image.data,
    );
    const out = await photometricDistort({ probability: 1 }).apply(coloured, contextOf(1));
    expect(out.image.data).not.toEqual(coloured.image.data);
    expect(out.targets).toBe(coloured.targets);
  });
});

describe('mixup', () => {
  it('blends with the image before and keeps all objects', () => {
    const one = {
      ...drawn(2, 1, [[0, 0, 1, 1]], 'one'),
      image: { width: 2, height: 1, data: new Uint8Array(6).fill(100) },
    };
    const two = {
      ...drawn(2, 1, [[1, 0, 2, 1]], 'two'),
      image: { width: 2, height: 1, data: new Uint8Array(6).fill(201) },
    };
    const out = mixup({ probability: 1, share: [0.5, 0.5] }).applyBatch([one, two], {
      rng: createRng(0),
      epoch: 0,
      progress: 0,
    });
    expect(out.map(({ image }) => image.data[0])).toEqual([151, 151]);
    expect(out.map(({ targets }) => [...targets.boxes].filter((_, i) => i % 4 === 0))).toEqual([
      [0.25, 0.75],
      [0.75, 0.25],
    ]);
  });

  it('leaves a batch of one alone', () => {
    const batch = [sample];
    expect(mixup({ probability: 1 }).applyBatch(batch, { rng: createRng(0), epoch: 0, progress: 0 })).toBe(batch);
  });
});

describe('sizes from the context', () => {
  it('are named where they are missing', () => {
    const bare = { rng: createRng(0), epoch: 0, progress: 0, draw: () => sample };
    expect(() => resize().apply(sample, bare)).toThrow(/augment: resize\(\) without a size/);
    expect(() => multiScale().applyBatch([sample], bare)).toThrow(/multiScale\(\) without a size/);
  });

  it('make mosaic tiles half the batch', async () => {
    const still = mosaic({ degrees: 0, translate: 0, scale: [1, 1] });
    const out = await still.apply(drawn(40, 30, []), contextOf(1, { size: [64, 48] }));
    expect([out.image.width, out.image.height]).toEqual([64, 48]);
  });
});

describe('combinators', () => {
  it('sequence keeps the order, asynchronous steps too', async () => {
    const log: string[] = [];
    const slow: Augmentation = {
      name: 'slow',
      options: {},
      apply: async (s) => step('slow', log).apply(s, contextOf(0)),
    };
    await sequence(step('a', log), slow, sequence(step('b', log)), slow, step('c', log)).apply(sample, contextOf(0));
    expect(log).toEqual(['a', 'slow', 'b', 'slow', 'c']);
  });

  it('sometimes acts at its rate, the other one the rest of the time', async () => {
    const log: string[] = [];
    const context = contextOf(4);
    for (let i = 0; i < 1000; i++) await sometimes(0.3, step('a', log), step('b', log)).apply(sample, context);
    expect(log).toHaveLength(1000);
    expect(log.filter((name) => name === 'a').length / 1000).toBeCloseTo(0.3, 1);
  });

  it.each([
    [{ unit: 'epoch', from: 2, to: 4 }, [2, 3]],
    [{ unit: 'epoch', to: 2 }, [0, 1]],
    [{ unit: 'fraction', from: 0.5 }, [3, 4, 5]],
  ] as const)('during %o', async (window, epochs) => {
    const log: string[] = [];
    const seen: number[] = [];
    for (let epoch = 0; epoch < 6; epoch++) {
      await during(window, step('a', log)).apply(sample, contextOf(0, { epoch, progress: epoch / 6 }));
      if (log.splice(0).length > 0) seen.push(epoch);
    }
    expect(seen).toEqual(epochs);
  });

  it('choose draws by weight', async () => {
    const log: string[] = [];
    const context = contextOf(9);
    const one = choose([[3, step('a', log)], step('b', log), [0, step('c', log)]]);
    for (let i = 0; i < 2000; i++) await one.apply(sample, context);
    expect(log.filter((name) => name === 'a').length / 2000).toBeCloseTo(0.75, 1);
    expect(log).not.toContain('c');
    expect(() => choose([[0, step('a', log)]])).toThrow(/augment: choose with weights 0/);
  });

  it('serve batches alike and refuse a mixture', () => {
    const add: BatchAugmentation = { name: 'twice', options: {}, applyBatch: (s) => [...s, ...s] };
    const context = { rng: createRng(0), epoch: 3, progress: 0 };
    const nested = sequence(during({ unit: 'epoch', from: 3 }, add), sometimes(1, add), choose([add]));
    expect(nested.applyBatch([sample], context)).toHaveLength(8);
    expect(() => sequence(add as unknown as Augmentation, step('a', []))).toThrow(/augmentations of one kind/);
  });

  it('say in JSON what they hold', () => {
    const all = sequence(sometimes(0.5, mosaic(), zoomOut()), during({ unit: 'epoch', to: 3 }, choose([iouCrop()])));
    expect(JSON.parse(JSON.stringify(all.options))).toEqual(all.options);
    expect(JSON.stringify(all.options)).toContain('iou-crop');
  });
});
