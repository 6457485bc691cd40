// Training batches from JPEG files (mosaic, mixup and all other transforms of DEIM-D-FINE-N at 640 pixels) beside the official
// code with torchvision and PIL, on equally many cores. Processes of their own take turns.
//   pnpm bench:data <data set> [--split train] [--rounds 3] [--cores 1,2] [--batch 8] [--steps 20] [--cache-mb 0]
// `--cache-mb 1024` is what the trainer keeps of decoded images; the official code keeps none. The peer needs DEIM_REPO (see
// peers/official.py) and PYTHON. Linux only.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openDataset } from '@detrain/data';
import { type Measured, measuredBy, median, numbersOf, spreadOf, table } from './peer.ts';

/** Runs a program on some processors only. */
const PINNING = 'taskset';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    split: { type: 'string', default: 'train' },
    rounds: { type: 'string', default: '3' },
    cores: { type: 'string', default: '1,2' },
    batch: { type: 'string', default: '8' },
    steps: { type: 'string', default: '20' },
    'cache-mb': { type: 'string', default: '0' },
  },
});
const [data] = positionals;
if (!data) throw new Error('bench: no data set. A folder of JPEG files with annotations is wanted.');
const repo = process.env['DEIM_REPO'];
if (!repo) console.error('DEIM_REPO is not set: a checkout of github.com/ShihuaHuang95/DEIM at a9aa4ad is wanted.');
if (spawnSync(PINNING, ['-V']).error) throw new Error(`bench: no ${PINNING}. Install util-linux, on Linux.`);

const dataset = await openDataset(data, { split: values.split, onProblem: 'repair' });
const folder = mkdtempSync(path.join(tmpdir(), 'detrain-data-'));
const annotations = path.join(folder, 'annotations.json');
writeFileSync(annotations, JSON.stringify(dataset.groundTruth()));

const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const amount = ['--batch', values.batch, '--steps', values.steps];

/** Runs on the first cores only. */
const pinned = (cores: number, program: string, args: readonly string[]) =>
  measuredBy(PINNING, ['-c', `0-${cores - 1}`, program, ...args]);

const ours = (cores: number, threads: number) => {
  const flags = ['--split', values.split, '--threads', `${threads}`, '--cache-mb', values['cache-mb']];
  return pinned(cores, process.execPath, [...process.execArgv, fileOf('load-batches.ts'), data, ...flags, ...amount]);
};
const peers = (cores: number, workers: number) => {
  const args = [fileOf('peers/data.py'), repo ?? '', dataset.path, annotations, '--workers', `${workers}`];
  return pinned(cores, process.env['PYTHON'] ?? 'python3', [...args, '--cores', `${cores}`, ...amount]);
};

interface Case {
  readonly cores: number;
  readonly title: string;
  readonly own: boolean;
  readonly run: () => Promise<Measured>;
  readonly found: Measured[];
}
const casesOf = (cores: number): Case[] => {
  const counts = Array.from({ length: cores + 1 }, (_, i) => i);
  return [
    ...counts.map((n) => ({ cores, title: `ours, loaderThreads ${n}`, own: true, run: () => ours(cores, n) })),
    ...(repo ? counts : []).map((n) => ({
      cores,
      title: `torchvision, num_workers ${n}`,
      own: false,
      run: () => peers(cores, n),
    })),
  ].map((one) => ({ ...one, found: [] }));
};

const speed = ({ found }: Case): number => median(numbersOf(found, 'imagesPerSecond'));
/** The peer's fastest way on so many cores. */
const bestOf = (all: readonly Case[], cores: number): number =>
  Math.max(...all.filter((one) => !one.own && one.cores === cores).map(speed));

try {
  const cases = values.cores.split(',').flatMap((cores) => casesOf(Number(cores)));
  for (let round = 0; round < Number(values.rounds); round++)
    for (const { cores, title, run, found } of cases) {
      found.push(await run());
      console.error(`${cores} cores, ${title}: ${found.at(-1)?.['imagesPerSecond']?.toFixed(1)} img/s`);
    }
  const rows = cases.map((one) => [
    `${one.cores}`,
    one.title,
    spreadOf(numbersOf(one.found, 'imagesPerSecond')),
    spreadOf(numbersOf(one.found, 'cpuMs')),
    spreadOf(numbersOf(one.found, 'objects')),
    one.own && repo ? `${(speed(one) / bestOf(cases, one.cores)).toFixed(2)}x` : '',
  ]);
  const head = ['cores', '', 'img/s', 'processor ms an image', 'objects an image', 'to the fastest of torchvision'];
  console.log(`Node ${process.version}, ${cpus()[0]?.model.trim()}, ${dataset.name}, ${dataset.length} images\n`);
  console.log(table(head, rows));
} finally {
  rmSync(folder, { recursive: true });
}
