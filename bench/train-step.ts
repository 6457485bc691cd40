// Training step of a zoo model on random images: median img/s, peak memory, and the costliest nodes.
//   pnpm bench:step deimv2-atto 320 4 [--engine compiled] [--threads 2] [--steps 10] [--profile]
import { parseArgs } from 'node:util';
import { createRng, type Targets } from '@detrain/core';
import { createEngine } from '@detrain/engine';
import { type ZooName, zoo } from '@detrain/models';
import { initialise } from '@detrain/nn';
import { createAdamW, parameterGroups } from '@detrain/optim';
import { deim, deimv2Lite } from '@detrain/recipes';
import { detectionProgram, trainStep } from '@detrain/trainer';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string', default: 'compiled' },
    threads: { type: 'string', default: '2' },
    steps: { type: 'string', default: '10' },
    profile: { type: 'boolean', default: false },
  },
});
const [name = 'deimv2-atto', side = '320', count = '4'] = positionals;
const size = Number(side);
const batch = Number(count);
const rng = createRng(1);

const detector = zoo[name as ZooName]({ inputSize: [size, size] });
const recipe = name.startsWith('deimv2') ? deimv2Lite() : deim();
const parameters = initialise(detector.parameters, rng.fork('weights'));
const trained = detector.parameters
  .filter(({ kind, sharedWith }) => kind === 'trainable' && !sharedWith)
  .map((p) => p.name);
const optimizer = createAdamW({ groups: parameterGroups(trained, [], { learningRate: 1e-4, weightDecay: 1e-4 }) });

const targets: Targets[] = Array.from({ length: batch }, () => ({
  boxes: Float32Array.from({ length: 32 }, (_, i) => (i % 4 < 2 ? rng.uniform(0.2, 0.8) : rng.uniform(0.05, 0.25))),
  labels: Int32Array.from({ length: 8 }, () => rng.int(detector.numClasses)),
}));
const images = {
  shape: [batch, size, size, 3],
  dtype: 'float32' as const,
  data: Float32Array.from({ length: batch * size * size * 3 }, () => rng.next()),
};

const engine = await createEngine({
  engine: values.engine as 'compiled',
  threads: Number(values.threads),
  profile: values.profile,
});
const training = engine.training(detectionProgram(detector, recipe));
const times: number[] = [];
const parts: Record<string, number>[] = [];
let started = performance.now();
for (let step = 0; step < Number(values.steps) + 2; step++) {
  const result = await trainStep({
    training,
    detector,
    recipe,
    parameters,
    optimizer,
    batch: { images, targets },
    rng: rng.fork(step),
    epoch: 0,
    step,
    progress: 0,
  });
  const ms = performance.now() - started;
  if (step === 0)
    console.log(
      `first step, with tracing and session creation: ${(ms / 1000).toFixed(1)} s, loss ${result.total.toFixed(3)}`,
    );
  if (step >= 2) {
    times.push(ms);
    parts.push(result.seconds);
  }
  started = performance.now();
}
const median = (list: number[]) => [...list].sort((a, b) => a - b)[list.length >> 1] as number;
const ms = median(times);
console.log(
  JSON.stringify({
    model: name,
    size,
    batch,
    engine: engine.name,
    threads: Number(values.threads),
    imagesPerSecond: Number(((batch * 1000) / ms).toFixed(2)),
    stepMs: Math.round(ms),
    min: Math.round(Math.min(...times)),
    max: Math.round(Math.max(...times)),
    parts: Object.fromEntries(
      ['forward', 'assign', 'backward', 'update'].map((k) => [
        k,
        Math.round(1000 * median(parts.map((p) => p[k] as number))),
      ]),
    ),
    peakMB: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
);
if (values.profile) console.table((await training.profile?.())?.slice(0, 10));
await training.dispose();
await engine.dispose();
