import { statfsSync } from 'node:fs';
import os from 'node:os';
import { inspectEngines } from '@detrain/engine';
import { EXIT } from '../errors.ts';
import { keptHeapObstacle, trainingKeepsHeap } from '../kept-heap.ts';
import { bytes } from '../terminal/format.ts';
import { createOutput } from '../terminal/output.ts';
import { gradientCheck } from './gradient-check.ts';

/** One thing that was looked at. */
interface Finding {
  readonly name: string;
  /** `no` is a problem; `-` is only worth knowing. */
  readonly state: 'ok' | 'no' | '-';
  readonly found: string;
  readonly fix?: string;
}

const LEAST = { node: [20, 19], memory: 2e9, disk: 1e9 } as const;

const node = (): Finding => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fine = major > LEAST.node[0] || (major === LEAST.node[0] && minor >= LEAST.node[1]);
  return {
    name: 'node',
    state: fine ? 'ok' : 'no',
    found: process.versions.node,
    ...(fine ? {} : { fix: `Install Node ${LEAST.node.join('.')} or newer` }),
  };
};

const memory = (): Finding => {
  const fine = os.freemem() > LEAST.memory;
  return {
    name: 'memory',
    state: fine ? 'ok' : '-',
    found: `${bytes(os.freemem())} free of ${bytes(os.totalmem())}`,
    ...(fine ? {} : { fix: 'Train with a smaller --batch or --size' }),
  };
};

const heap = (): Finding => {
  const obstacle = keptHeapObstacle();
  const kept = trainingKeepsHeap();
  return {
    name: 'heap',
    state: kept ? 'ok' : '-',
    found: kept ? 'training keeps freed memory' : `training gives freed memory back: ${obstacle}`,
  };
};

const disk = (): Finding => {
  const { bavail, bsize } = statfsSync('.');
  const free = bavail * bsize;
  return {
    name: 'disk',
    state: free > LEAST.disk ? 'ok' : 'no',
    found: `${bytes(free)} free here`,
    ...(free > LEAST.disk ? {} : { fix: 'Make room, or put runs elsewhere with --out' }),
  };
};

const images = async (): Promise<Finding> => {
  try {
    const { default: sharp } = await import('sharp');
    const pixels = await sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer();
    const { width } = await sharp(pixels).metadata();
    return {
      name: 'sharp',
      state: width === 2 ? 'ok' : 'no',
      found: `${sharp.versions.sharp} reads and writes images`,
    };
  } catch (error) {
    return {
      name: 'sharp',
      state: 'no',
      found: (error as Error).message.split('\n')[0] ?? '',
      fix: 'Install sharp for this platform: npm install sharp',
    };
  }
};

const engines = async (): Promise<Finding[]> =>
  (await inspectEngines()).map(({ name, available, version, reason, fix }) => ({
    name: `engine ${name}`,
    state: available ? 'ok' : '-',
    found: available ? (version ?? 'found') : (reason ?? 'not found'),
    ...(fix && !available ? { fix } : {}),
  }));

const gradient = async (): Promise<Finding> => {
  try {
    const { engine, before, after, worst, seconds } = await gradientCheck();
    const fine = after < before && worst < 1e-2;
    return {
      name: 'training',
      state: fine ? 'ok' : 'no',
      found: `3 steps on ${engine} in ${seconds.toFixed(1)} s: loss ${before.toFixed(3)} to ${after.toFixed(3)}, gradient off by ${worst.toExponential(0)}`,
      ...(fine ? {} : { fix: 'Gradients are wrong on this engine: force another with --engine and report this' }),
    };
  } catch (error) {
    return {
      name: 'training',
      state: 'no',
      found: (error as Error).message,
      fix: 'Force another engine with --engine, or report this',
    };
  }
};

/** Looks at what training needs and prints it. Gives the exit code. */
export const examine = async (args: { readonly json?: boolean | undefined }): Promise<number> => {
  const output = createOutput({ json: args.json });
  const findings: Finding[] = [];
  const add = (finding: Finding) => {
    findings.push(finding);
    const { name, state, found, fix } = finding;
    if (!output.json)
      output.say(`${state.padEnd(3)} ${name.padEnd(20)} ${found}${fix ? `\n${' '.repeat(25)}${fix}` : ''}`);
  };
  add(node());
  add({
    name: 'machine',
    state: 'ok',
    found: `${process.platform}-${process.arch}, ${os.availableParallelism()} cores (${os.cpus()[0]?.model ?? 'unknown'})`,
  });
  add(memory());
  add(heap());
  add(disk());
  add(await images());
  for (const finding of await engines()) add(finding);
  add(await gradient());
  const bad = findings.filter(({ state }) => state === 'no').length;
  output.data({ ok: bad === 0, findings });
  if (!output.json) output.say(bad === 0 ? '\nReady to train.' : `\n${bad} problem${bad > 1 ? 's' : ''}.`);
  return bad === 0 ? EXIT.ok : EXIT.problems;
};
