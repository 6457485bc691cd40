import { fileURLToPath } from 'node:url';
import { inspectEngines } from '@detrain/engine';
import { canKeepHeap, KEPT_HEAP } from '@detrain/engine/heap';
import { type Measured, measuredBy } from './peer.ts';
import type { Subject } from './subject.ts';

/** How much is measured in each process. */
export interface Amount {
  readonly steps: number;
  /** Runs of inference. */
  readonly runs: number;
}

/** A way to run a model, measured in processes of its own. */
export interface Variant {
  readonly id: string;
  readonly title: string;
  /** Why it cannot be measured here; undefined where it can. */
  missing(subject: Subject): Promise<string | undefined>;
  step(subject: Subject, amount: Amount): Promise<Measured>;
  /** Absent where it is another variant's. */
  inference?(subject: Subject, amount: Amount): Promise<Measured>;
}

/** Threads of every variant, all engines together. */
const THREADS = 2;

const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url));

// As `detrain train` starts itself.
const heap = canKeepHeap() ? { GLIBC_TUNABLES: KEPT_HEAP } : {};

// This process's own flags: packages from their sources or, without the condition, as built.
const ours = (args: readonly string[], env: Readonly<Record<string, string>>) =>
  measuredBy(process.execPath, [...process.execArgv, ...args, '--started', String(Date.now())], { ...heap, ...env });

const engineVariant = (
  id: string,
  title: string,
  how: { readonly engine: 'compiled' | 'tfjs-node'; readonly threads: number; readonly workers: number },
): Variant => {
  const flags = ['--engine', how.engine, '--threads', `${how.threads}`, '--workers', `${how.workers}`, '--json'];
  // TensorFlow reads its threads from there.
  const env = { TF_NUM_INTRAOP_THREADS: `${how.threads}`, TF_NUM_INTEROP_THREADS: `${how.threads}` };
  const run = ({ name, size, batch }: Subject, more: readonly string[]) =>
    ours([fileOf('train-step.ts'), name, `${size}`, `${batch}`, ...flags, ...more], env);
  return {
    id,
    title,
    missing: async () => (await inspectEngines()).find(({ name }) => name === how.engine)?.reason,
    step: (subject, { steps }) => run(subject, ['--steps', `${steps}`]),
    ...(how.workers === 0 && {
      inference: (subject, { runs }) => run(subject, ['--steps', `${runs}`, '--inference']),
    }),
  };
};

/** Where the official code of a model lies: the variable that names its checkout, and the configuration in it. */
const official: Readonly<
  Record<string, { readonly variable: string; readonly source: string; readonly config: string }>
> = {
  'deimv2-atto': {
    variable: 'DEIMV2_REPO',
    source: 'github.com/Intellindust-AI-Lab/DEIMv2 at 0fff8d4',
    config: 'configs/deimv2/deimv2_hgnetv2_atto_coco.yml',
  },
  'deim-dfine-n': {
    variable: 'DEIM_REPO',
    source: 'github.com/ShihuaHuang95/DEIM at a9aa4ad',
    config: 'configs/deim_dfine/deim_hgnetv2_n_coco.yml',
  },
};

const pythonVariant = (id: string, title: string): Variant => {
  const python = process.env['PYTHON'] ?? 'python3';
  const run = ({ name, size, batch }: Subject, more: readonly string[]) => {
    const { variable, config } = official[name]!;
    const args = [process.env[variable]!, config, `${size}`, `${batch}`, '--threads', `${THREADS}`, ...more];
    const threads = { OMP_NUM_THREADS: `${THREADS}` };
    return measuredBy(python, [fileOf('peers/torch_step.py'), ...args, '--started', String(Date.now())], threads);
  };
  return {
    id,
    title,
    missing: async ({ name }) => {
      const found = official[name];
      if (!found) return `no official configuration is known for ${name}`;
      if (!process.env[found.variable]) return `${found.variable} is not set: a checkout of ${found.source} is wanted`;
      const modules =
        'import sys; sys.path.insert(0, sys.argv[1]); import official, yaml, scipy; official.load_torchvision(); print("{}")';
      return measuredBy(python, ['-c', modules, fileOf('peers')]).then(
        () => undefined,
        () => `${python} lacks modules (or set PYTHON): pip install torch torchvision pyyaml scipy faster-coco-eval`,
      );
    },
    step: (subject, { steps }) => run(subject, ['--steps', `${steps}`]),
    inference: (subject, { runs }) => run(subject, ['--steps', `${runs}`, '--inference']),
  };
};

/** All that are compared. */
export const variants: readonly Variant[] = [
  engineVariant('compiled', 'compiled, 2 threads', { engine: 'compiled', threads: THREADS, workers: 0 }),
  engineVariant('workers', 'compiled, 2 workers of 1 thread', { engine: 'compiled', threads: 1, workers: THREADS }),
  engineVariant('worker', 'compiled, 1 worker of 1 thread', { engine: 'compiled', threads: 1, workers: 1 }),
  engineVariant('tfjs-node', 'tfjs-node (eager)', { engine: 'tfjs-node', threads: THREADS, workers: 0 }),
  pythonVariant('pytorch', 'PyTorch, official modules, 2 threads'),
];
