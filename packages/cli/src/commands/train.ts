import { existsSync } from 'node:fs';
import path from 'node:path';
import type { FitResult } from '@detrain/trainer';
import { command, commonArgs, engineArgs, numberOption } from '../command.ts';
import { findConfig } from '../config/load.ts';
import { configOf } from '../config/of-call.ts';
import type { Overrides } from '../config/resolve.ts';
import { EXIT } from '../errors.ts';
import { findRun, newestRun } from '../run/folder.ts';
import type { Manifest } from '../run/manifest.ts';
import { weightsClasses } from '../run/weights-source.ts';
import { interruption } from '../terminal/interruption.ts';
import { createOutput, type Output } from '../terminal/output.ts';
import { progress } from '../terminal/progress.ts';

const args = {
  config: {
    type: 'positional',
    required: false,
    description: 'Config file (detrain.config.ts where there is one, else the defaults)',
  },
  data: { type: 'string', valueHint: 'DIR', description: 'Data set: COCO, VOC or YOLO, detected' },
  model: { type: 'string', valueHint: 'NAME', description: 'Model of the zoo (deimv2-atto)' },
  epochs: { type: 'string', valueHint: 'N', description: 'Epochs (60)' },
  batch: { type: 'string', valueHint: 'N', description: 'Images a step (8)' },
  size: {
    type: 'string',
    valueHint: 'PIXELS',
    description: 'Side of the input, a multiple of 32 (what the model was published with)',
  },
  lr: { type: 'string', valueHint: 'RATE', description: 'Learning rate (the published one, scaled to the batch)' },
  seed: { type: 'string', valueHint: 'N', description: 'Seed of weights, order and augmentations (0)' },
  ...engineArgs,
  workers: {
    type: 'string',
    valueHint: 'N',
    description: 'Share each batch among N workers, and the threads, too (1)',
  },
  weights: {
    type: 'string',
    valueHint: 'FILE',
    description: 'Begin with a run or a .safetensors, .pth or .onnx file; class heads are made to fit the data',
  },
  'weights-classes': {
    type: 'string',
    valueHint: 'NAMES',
    description: 'Their classes: coco, objects365 or a JSON list (what they say, or their number)',
  },
  partial: { type: 'boolean', description: 'Take what fits of weights that fit only in part' },
  out: { type: 'string', valueHint: 'DIR', description: 'Where run folders go (runs)' },
  name: { type: 'string', valueHint: 'NAME', description: "Part of the run folder's name" },
  resume: { type: 'string', valueHint: 'RUN', description: 'Go on with a run; without a value, with the newest' },
  'on-problem': { type: 'string', valueHint: 'WHAT', description: 'refuse or repair problems of the data (refuse)' },
  'on-non-finite': {
    type: 'string',
    valueHint: 'WHAT',
    description: 'stop or skip at a loss that is not finite (stop)',
  },
  profile: { type: 'boolean', description: 'Measure the parts of a step: a table at the end, and profile.json' },
  smoke: { type: 'boolean', description: 'Two steps, an evaluation, a save and a resume: does everything work?' },
  ...commonArgs,
} as const;

type Parsed = { readonly [key in keyof typeof args]?: string | boolean | undefined };

const text = (value: string | boolean | undefined) => (typeof value === 'string' && value !== '' ? value : undefined);

const overridesOf = (parsed: Parsed): Overrides => {
  const number = (key: keyof typeof args, options?: Parameters<typeof numberOption>[2]) =>
    numberOption(text(parsed[key]), key, options);
  const data = text(parsed.data);
  const weights = text(parsed.weights);
  const named = text(parsed['weights-classes']);
  return {
    data: data && path.resolve(data),
    model: text(parsed.model),
    epochs: number('epochs', { integer: true, min: 1 }),
    batch: number('batch', { integer: true, min: 1 }),
    size: number('size', { integer: true, min: 32 }),
    lr: number('lr', { min: 0 }),
    seed: number('seed', { integer: true, min: 0 }),
    engine: text(parsed.engine),
    threads: number('threads', { integer: true, min: 1 }),
    workers: number('workers', { integer: true, min: 1 }),
    // A name of pulled weights is no path.
    weights: weights && existsSync(weights) ? path.resolve(weights) : weights,
    weightsClasses: named === undefined ? undefined : weightsClasses(named),
    partial: parsed.partial === true ? true : undefined,
    out: text(parsed.out),
    name: text(parsed.name),
    onProblem: text(parsed['on-problem']),
    onNonFinite: text(parsed['on-non-finite']),
  };
};

/** How the run is called: anew, or as the manifest says it was, with this call's options on top. */
const callOf = (parsed: Parsed, begun: Manifest['call'] | null): Manifest['call'] => {
  const own = Object.fromEntries(
    Object.entries(overridesOf(parsed)).filter(([, value]) => value !== undefined),
  ) as Overrides;
  if (begun === null) return { config: findConfig(text(parsed.config)), overrides: own, smoke: parsed.smoke === true };
  return { ...begun, overrides: { ...begun.overrides, ...own } };
};

const closing = (output: Output, folder: string, result: FitResult): number => {
  const shown = path.relative(process.cwd(), folder) || folder;
  output.data({
    run: folder,
    reason: result.reason,
    message: result.message,
    epoch: result.epoch,
    step: result.step,
    best: result.best,
    metrics: result.metrics,
  });
  const best = result.best
    ? `best ${result.best.metric} ${result.best.value.toFixed(4)} in epoch ${result.best.epoch + 1}`
    : 'no evaluation yet';
  if (result.reason === 'finished' || result.reason === 'stopped') {
    output.say(`${result.reason}: ${result.message}; ${best}`);
    output.say(`weights ${shown}/weights/best.safetensors   report ${shown}/report.html`);
    output.say(`next    detrain predict ${shown} IMAGE`);
    return EXIT.ok;
  }
  output.say(`${result.message}; ${best}. The state is saved.`);
  output.say(`go on   detrain train --resume ${shown}${result.reason === 'non-finite' ? ' --on-non-finite skip' : ''}`);
  return result.reason === 'interrupted' ? EXIT.interrupted : EXIT.error;
};

/** `detrain train` */
export const train = command({
  name: 'train',
  description: 'Train a detector on a data set.',
  examples: [
    'detrain train --data data/bccd',
    'detrain train configs/bccd-atto.ts --data data/bccd --epochs 100',
    'detrain train --data data/bccd --model deimv2-atto --weights deimv2_atto_coco.onnx',
    'detrain train --resume',
  ],
  args,
  optionalValues: ['resume'],
  run: async ({ args: parsed, rawArgs }) => {
    const output = createOutput({ json: parsed.json });
    const asked = rawArgs.some((arg) => arg.startsWith('--resume'));
    const out = text(parsed.out) ?? 'runs';
    const resume = asked ? (text(parsed.resume) ? findRun(parsed.resume as string, out) : newestRun(out)) : null;
    const [{ readManifest }, { trainRun }] = await Promise.all([
      import('../run/manifest.ts'),
      import('../run/train-run.ts'),
    ]);
    const call = callOf(parsed as Parsed, resume === null ? null : readManifest(resume).call);
    const config = await configOf(call);
    const { signal, release } = interruption(output);
    try {
      const request = { config, call, output, signal, profile: parsed.profile === true };
      const watch = () => {
        const shown = progress({ output });
        return { callbacks: [shown], onEvaluated: shown.evaluating };
      };
      if (!call.smoke) {
        const { folder, result } = await trainRun({ ...request, ...watch(), resume });
        return closing(output, folder, result);
      }
      const firstEpoch = {
        name: 'smoke',
        onValidationEnd: (run: { stop(reason: string): void }) => run.stop('smoke: resuming'),
      };
      const { callbacks, onEvaluated } = watch();
      const first = await trainRun({ ...request, resume, callbacks: [...callbacks, firstEpoch], onEvaluated });
      if (first.result.reason !== 'stopped') return closing(output, first.folder, first.result);
      const second = await trainRun({ ...request, ...watch(), resume: first.folder });
      return closing(output, second.folder, second.result);
    } finally {
      release();
    }
  },
});
