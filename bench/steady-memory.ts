// Whether a long run keeps its memory: tensors and resident memory of so many steps of DEIMv2-Atto, 128 pixels, batch 2.
//   pnpm bench:memory [--engine compiled|tfjs-node|cpu] [--steps 1000] [--threads 2]
// Exits with 1 where tensors grew, or where the resident memory at the end is over 5 % and 20 MB above that after a quarter.
import { parseArgs } from 'node:util';
import { createEngine, type EngineName } from '@detrain/engine';
import { zoo } from '@detrain/models';
import { deimv2Lite } from '@detrain/recipes';
import { detectionProgram } from '@detrain/trainer';
import { table } from './peer.ts';
import { stepperOf, trainingOf } from './subject.ts';

/** Steps after which memory is read, as shares of all: the first after the warm-up, the second the one compared with. */
const MARKS = [0.05, 0.25, 0.5, 0.75, 1];
const SHARE = 1.05;
const ALLOWANCE_MB = 20;

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'compiled' },
    steps: { type: 'string', default: '1000' },
    threads: { type: 'string', default: '2' },
  },
});
const steps = Number(values.steps);
if (!(steps >= 20)) throw new Error(`bench: ${values.steps} steps. At least 20 are wanted.`);
const marks = MARKS.map((share) => Math.round(share * steps));

const subject = { name: 'deimv2-atto', size: 128, batch: 2 };
// 100 queries, as published, are more than the tokens of an image so small.
const detector = zoo['deimv2-atto']({ inputSize: [subject.size, subject.size], numQueries: 50 });
const recipe = deimv2Lite();
const engine = await createEngine({ engine: values.engine as EngineName, threads: Number(values.threads) });
const training = engine.training(detectionProgram(detector, recipe));
const takeStep = stepperOf({ training, detector, recipe }, trainingOf(subject, detector));

/** What is held now, garbage collected where this process may (`--expose-gc`). */
const held = () => {
  globalThis.gc?.();
  return { tensors: engine.memory().tensors, rssMB: process.memoryUsage.rss() / 2 ** 20 };
};

console.log(`Node ${process.version}, ${engine.describe()}, ${steps} steps\n`);
const found: ReturnType<typeof held>[] = [];
for (let step = 0; step < steps; step++) {
  await takeStep(step);
  if (marks.includes(step + 1)) found.push(held());
}
const rows = found.map(({ tensors, rssMB }, i) => [`${marks[i]}`, `${tensors}`, rssMB.toFixed(0)]);
console.log(table(['step', 'tensors', 'resident MB'], rows));
await training.dispose();
await engine.dispose();

const [first, quarter] = found as [(typeof found)[number], (typeof found)[number]];
const last = found.at(-1)!;
const most = SHARE * quarter.rssMB + ALLOWANCE_MB;
const wrong = [
  ...(last.tensors > first.tensors ? [`tensors grew from ${first.tensors} to ${last.tensors}`] : []),
  ...(last.rssMB > most ? [`${last.rssMB.toFixed(0)} MB at the end are over ${most.toFixed(0)} MB`] : []),
];
console.log(wrong.length > 0 ? `\nNot steady: ${wrong.join('; ')}.` : '\nSteady.');
process.exitCode = wrong.length > 0 ? 1 : 0;
