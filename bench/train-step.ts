// Training step (or, deployed, inference on one image) of a zoo model on random images, in a process of its own.
//   pnpm bench:step deimv2-atto 320 4 [--engine compiled] [--threads 2] [--workers 0] [--steps 10] [--profile]
//     [--inference] [--json]
import { parseArgs } from 'node:util';
import type { EngineName } from '@detrain/engine';
import { costliest } from './costliest.ts';
import { measureInference, measureStep } from './measure.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string', default: 'compiled' },
    threads: { type: 'string', default: '2' },
    workers: { type: 'string', default: '0' },
    steps: { type: 'string', default: '10' },
    profile: { type: 'boolean', default: false },
    inference: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    /** When the process was started, ms since 1970: by who starts it, else as this process sees it. */
    started: { type: 'string', default: String(performance.timeOrigin) },
  },
});
const [name = 'deimv2-atto', side = '320', count = '4'] = positionals;
const subject = { name, size: Number(side), batch: Number(count) };
const runner = {
  engine: values.engine as EngineName,
  threads: Number(values.threads),
  workers: Number(values.workers),
  profile: values.profile,
};
const { profile: _, ...how } = runner;

if (values.inference)
  console.log(
    JSON.stringify({ ...subject, ...how, ...(await measureInference(subject, runner, Number(values.steps))) }),
  );
else {
  const timing = { steps: Number(values.steps), started: Number(values.started) };
  const { measure, loss, parts, nodes, recorded } = await measureStep(subject, runner, timing);
  if (!values.json) console.log(`first step ended ${measure.startupS} s after the start, loss ${loss.toFixed(3)}`);
  console.log(JSON.stringify({ ...subject, ...how, ...measure, parts }));
  if (nodes.length > 0) console.log(`\n${costliest(nodes, recorded)}`);
}
