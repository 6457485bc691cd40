import { multiScale } from '@detrain/augment';
import type { Augmentation, Dataset } from '@detrain/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Batch, cacheDataset, createLoader } from '../src/index.ts';
import { fakeDataset, options } from './_fake.ts';

const collect = async (batches: AsyncIterable<Batch>): Promise<Batch[]> => {
  const all: Batch[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
};

describe('createLoader', () => {
  it('gives batches of one shape, each image once an epoch, without the last short batch', async () => {
    const loader = createLoader(options());
    const batches = await collect(loader.epoch(0));
    expect(batches).toHaveLength(3);
    expect(loader.stepsPerEpoch).toBe(3);
    expect(batches[0]!.images).toMatchObject({ shape: [3, 8, 16, 3], dtype: 'float32' });
    expect(batches[0]!.images.data).toHaveLength(3 * 8 * 16 * 3);
    expect(Math.max(...batches[0]!.images.data)).toBeLessThanOrEqual(1);
    expect(new Set(batches.flatMap(({ indices }) => indices)).size).toBe(9);
    expect(batches.map(({ epoch, step }) => [epoch, step])).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
    ]);
    expect(batches[0]!.ids).toEqual(batches[0]!.indices.map((i) => `image-${i}`));
    expect(batches[0]!.sizes[0]).toEqual([12, 10]);
  });

  it('evaluates in order, whole, and without augmentations', async () => {
    const loader = createLoader(options({ training: false, size: [12, 10] }));
    const batches = await collect(loader.epoch(0));
    expect(batches.map(({ indices }) => indices.length)).toEqual([3, 3, 3, 2]);
    expect(batches.flatMap(({ indices }) => indices)).toEqual(Array.from({ length: 11 }, (_, i) => i));
    const first = await fakeDataset(11).get(0);
    expect([...batches[0]!.images.data.subarray(0, 360)]).toEqual(
      [...first.image.data].map((v) => Math.fround(v / 255)),
    );
  });

  it('shuffles anew each epoch', async () => {
    const loader = createLoader(options());
    const order = async (epoch: number) => (await collect(loader.epoch(epoch))).flatMap(({ indices }) => indices);
    expect(await order(0)).not.toEqual(await order(1));
  });

  it('depends on seed, epoch and index only: not on how far ahead, on caching or on timing', async () => {
    const reference = await collect(createLoader(options()).batches());
    expect(reference).toHaveLength(9);
    for (const ahead of [0, 1, 7])
      for (const cacheBytes of [0, 700, 2 ** 20]) {
        const dataset = fakeDataset(11, { slow: true });
        expect(await collect(createLoader(options({ ahead, cacheBytes, dataset })).batches())).toEqual(reference);
      }
    expect(await collect(createLoader(options({ seed: 8 })).batches())).not.toEqual(reference);
  });

  it('goes on at any epoch and step', async () => {
    const reference = await collect(createLoader(options()).batches());
    await fc.assert(
      fc.asyncProperty(fc.nat(2), fc.nat(3), async (epoch, step) => {
        const rest = await collect(createLoader(options()).batches({ epoch, step }));
        expect(rest).toEqual(reference.slice(epoch * 3 + step));
      }),
      { numRuns: 12 },
    );
    const loader = createLoader(options());
    expect(await collect(loader.epoch(1, 2))).toEqual(reference.slice(5, 6));
    expect(await collect(loader.epoch(1, 3))).toEqual([]);
    expect(await loader.batch({ epoch: 2, step: 1 })).toEqual(reference[7]);
  });

  it('tells augmentations the epoch, the progress and the size', async () => {
    const seen: [number, number, readonly number[] | undefined][] = [];
    const spy: Augmentation = {
      name: 'spy',
      options: {},
      apply(sample, { epoch, progress, size }) {
        seen.push([epoch, progress, size]);
        return sample;
      },
    };
    await collect(createLoader(options({ augmentations: [spy], batchSize: 5, ahead: 0 })).batches());
    expect(seen.filter((_, i) => i % 5 === 0)).toEqual(
      [0, 0.5, 1, 1.5, 2, 2.5].map((t) => [Math.floor(t), t / 3, [16, 8]]),
    );
  });

  it('lets a batch augmentation choose the size', async () => {
    const loader = createLoader(
      options({ size: 64, augmentations: [], batchAugmentations: [multiScale({ repeat: 0 })] }),
    );
    const sizes = (await collect(loader.batches())).map(({ images }) => images.shape[1]);
    expect(new Set(sizes).size).toBeGreaterThan(1);
    for (const size of sizes) expect([48, 32, 64, 80].some((s) => Math.abs(s - size!) <= 16)).toBe(true);
  });

  it('reads each image once where all fit in memory', async () => {
    const reads: number[] = [];
    const loader = createLoader(options({ dataset: fakeDataset(9, { reads }), augmentations: [] }));
    await collect(loader.batches());
    expect(reads.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('reports an error when its batch is due, and can be left early', async () => {
    const broken: Dataset = {
      ...fakeDataset(12),
      get: (i) => (i === 5 ? Promise.reject(new Error('no image 5')) : fakeDataset(12).get(i)),
    };
    const loader = createLoader(options({ dataset: broken, training: false, ahead: 9 }));
    const seen: number[] = [];
    await expect(
      (async () => {
        for await (const { step } of loader.epoch(0)) seen.push(step);
      })(),
    ).rejects.toThrow('no image 5');
    expect(seen).toEqual([0]);
    for await (const batch of loader.epoch(0)) if (batch.step === 0) break;
  });

  it.each([
    [{ batchSize: 0 }, /batchSize 0/],
    [{ batchSize: 12 }, /has 11 images, batchSize is 12/],
    [{ dataset: fakeDataset(0) }, /has no images/],
  ])('refuses %o', (more, message) => {
    expect(() => createLoader(options(more))).toThrow(message);
  });
});

describe('cacheDataset', () => {
  it('keeps no more bytes than allowed, the latest ones', async () => {
    const reads: number[] = [];
    const cached = cacheDataset(fakeDataset(5, { reads }), 2 * 360);
    for (const i of [0, 1, 2, 2, 1, 0]) await cached.get(i);
    expect(cached.bytes).toBe(720);
    expect(reads).toEqual([0, 1, 2, 0]);
  });

  it('reads once for many that ask at the same time, and again after a failure', async () => {
    const reads: number[] = [];
    const cached = cacheDataset(fakeDataset(5, { reads, slow: true }), 1e6);
    await Promise.all([cached.get(3), cached.get(3), cached.get(3)]);
    expect(reads).toEqual([3]);
    let fails = true;
    const flaky = cacheDataset(
      { ...fakeDataset(1), get: (i) => (fails ? Promise.reject(new Error('busy')) : fakeDataset(1).get(i)) },
      1e6,
    );
    await expect(flaky.get(0)).rejects.toThrow('busy');
    fails = false;
    expect((await flaky.get(0)).id).toBe('image-0');
  });
});
