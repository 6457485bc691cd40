import { startThread } from '@detrain/core/threads';
import { describe, expect, it } from 'vitest';
import { type Batch, createLoader, loaderInThreads } from '../src/index.ts';
import { options } from './_fake.ts';

const collect = async (batches: AsyncIterable<Batch>): Promise<Batch[]> => {
  const all: Batch[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
};

const threads = (count: number, { broken = null as number | null, leaves = false } = {}) =>
  loaderInThreads({
    count,
    start: () => startThread(new URL('./loader-thread.ts', import.meta.url), { broken, leaves }),
    stepsPerEpoch: 3,
    epochs: 3,
  });

describe('loaderInThreads', () => {
  it.each([1, 3])('gives the batches of one thread, bit for bit, with %i', async (count) => {
    const loader = threads(count);
    const own = createLoader(options());
    try {
      expect(await collect(loader.batches())).toEqual(await collect(own.batches()));
      expect(await collect(loader.epoch(1, 1))).toEqual(await collect(own.epoch(1, 1)));
      for await (const first of loader.epoch(0)) {
        expect(first).toEqual(await own.batch({ epoch: 0, step: 0 }));
        break;
      }
      expect(await loader.batch({ epoch: 2, step: 2 })).toEqual(await own.batch({ epoch: 2, step: 2 }));
    } finally {
      await loader.dispose();
    }
  });

  it('reports a batch that cannot be made when its turn comes, and makes the others', async () => {
    const { batchAugmentations: _, augmentations: __, ...plain } = options();
    const steps = await collect(createLoader(plain).epoch(0));
    const broken = steps[2]?.indices[0] as number;
    const loader = threads(2, { broken });
    try {
      await expect(loader.batch({ epoch: 0, step: 2 })).rejects.toThrow(`image ${broken} is damaged`);
      await expect(collect(loader.epoch(0))).rejects.toThrow(`image ${broken} is damaged`);
    } finally {
      await loader.dispose();
    }
  });

  it('says so when a thread ends', async () => {
    const loader = threads(1, { leaves: true });
    await expect(loader.batch({ epoch: 0, step: 0 })).rejects.toThrow('the thread ended with exit code 4');
    await expect(loader.batch({ epoch: 0, step: 1 })).rejects.toThrow('the thread ended with exit code 4');
    await loader.dispose();
  });
});
