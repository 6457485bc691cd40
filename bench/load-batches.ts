// Makes training batches of 640 pixels from JPEG files, in a process of its own; `bench/data.ts` starts it.
//   load-batches.ts <data set> [--split train] [--threads 1] [--batch 8] [--steps 20] [--cache-mb 0]
import { parseArgs } from 'node:util';
import { startThread } from '@detrain/core/threads';
import { loaderInThreads } from '@detrain/data';
import { EPOCHS, trainingBatches } from './training-batches.ts';

/** Batches that come before the measured ones: until all is compiled. */
const WARM_UP = 4;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    split: { type: 'string', default: 'train' },
    threads: { type: 'string', default: '1' },
    batch: { type: 'string', default: '8' },
    steps: { type: 'string', default: '20' },
    'cache-mb': { type: 'string', default: '0' },
  },
});
const [data = ''] = positionals;
const [threads, batch, steps] = [Number(values.threads), Number(values.batch), Number(values.steps)];
const cacheBytes = (Number(values['cache-mb']) * 2 ** 20) / Math.max(1, threads);
const options = { data, split: values.split, batch, cacheBytes };

const own = await trainingBatches(options);
const threaded =
  threads === 0
    ? undefined
    : loaderInThreads({
        count: threads,
        start: () => startThread(new URL('./loading-thread.ts', import.meta.url), options),
        stepsPerEpoch: own.stepsPerEpoch,
        epochs: EPOCHS,
      });

const batches = (threaded ?? own).batches();
let objects = 0;
for (let step = 0; step < WARM_UP; step++) await batches.next();
const started = performance.now();
const before = process.cpuUsage();
for (let step = 0; step < steps; step++)
  for (const { labels } of (await batches.next()).value?.targets ?? []) objects += labels.length;
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(before);
await threaded?.dispose();
const images = steps * batch;
console.log(
  JSON.stringify({
    imagesPerSecond: images / seconds,
    cpuMs: (user + system) / 1e3 / images,
    objects: objects / images,
  }),
);
process.exit();
