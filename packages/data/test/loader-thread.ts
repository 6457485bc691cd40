import { workerData } from 'node:worker_threads';
import { createLoader, serveBatches } from '../src/index.ts';
import { fakeDataset, options } from './_fake.ts';

const { broken, leaves } = workerData as { readonly broken: number | null; readonly leaves: boolean };
const good = fakeDataset(11, { slow: true });
const dataset = {
  ...good,
  get: (index: number) => {
    if (leaves) process.exit(4);
    if (index === broken) throw new Error(`image ${index} is damaged`);
    return good.get(index);
  },
};
serveBatches(createLoader({ ...options(), dataset }));
