// The table of docs/benchmarks.md: training step, memory, start-up and inference of every engine beside PyTorch. Each number is
// from processes of their own; variants take turns.
//   pnpm bench:speed [--rounds 3] [--models "deimv2-atto 320 4,deim-dfine-n 640 2"] [--engines compiled,workers,worker,tfjs-node,pytorch]
//     [--steps 10] [--runs 50]
// PyTorch needs DEIM_REPO and DEIMV2_REPO (see peers/official.py) and PYTHON. Quiet the machine first: nothing else may run.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Measured } from './peer.ts';
import { type Row, speedTable } from './speed-table.ts';
import type { Subject } from './subject.ts';
import { type Variant, variants } from './variants.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    models: { type: 'string', default: 'deimv2-atto 320 4,deim-dfine-n 320 4,deim-dfine-n 640 2' },
    engines: { type: 'string', default: variants.map(({ id }) => id).join() },
    steps: { type: 'string', default: '10' },
    runs: { type: 'string', default: '50' },
  },
});
const amount = { steps: Number(values.steps), runs: Number(values.runs) };
const rounds = Number(values.rounds);

const subjects: Subject[] = values.models.split(',').map((text) => {
  const [name = '', size = '320', batch = '4'] = text.trim().split(/[\s:]+/);
  return { name, size: Number(size), batch: Number(batch) };
});
const chosen: Variant[] = values.engines.split(',').map((id) => {
  const found = variants.find((variant) => variant.id === id.trim());
  if (!found)
    throw new Error(`bench: no engine '${id}'. Some of these are wanted: ${variants.map((one) => one.id).join()}.`);
  return found;
});

/** Measures a variant once more; what fails is told at once, and not tried again. */
const measureOnce = async (row: Row, variant: Variant, subject: Subject): Promise<Row> => {
  if (row.reason) return row;
  try {
    const steps: Measured[] = [...row.steps, await variant.step(subject, amount)];
    const inferences = variant.inference ? [...row.inferences, await variant.inference(subject, amount)] : [];
    console.error(`${subject.name} ${subject.size}, ${variant.title}: ${steps.at(-1)?.['imagesPerSecond']} img/s`);
    return { ...row, steps, inferences };
  } catch (error) {
    process.exitCode = 1;
    const { message } = error as Error;
    console.error(message);
    return { ...row, reason: `failed: ${message.split('\n').find((line) => /^\S*Error: /.test(line)) ?? message}` };
  }
};

const measure = async (subject: Subject): Promise<readonly Row[]> => {
  let rows: Row[] = [];
  for (const variant of chosen) {
    const reason = await variant.missing(subject);
    rows.push({ variant, steps: [], inferences: [], ...(reason && { reason }) });
  }
  for (let round = 0; round < rounds; round++) {
    const next: Row[] = [];
    for (const [i, variant] of chosen.entries()) next.push(await measureOnce(rows[i]!, variant, subject));
    rows = next;
  }
  return rows;
};

console.log(
  `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model.trim()}, medians of ${rounds} processes (least, greatest)\n`,
);
for (const subject of subjects) {
  const rows = await measure(subject);
  console.log(`${speedTable(`**${subject.name}**, ${subject.size} pixels, batch ${subject.batch}`, rows)}\n`);
}
