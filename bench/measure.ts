import { startThread } from '@detrain/core/threads';
import { createEngine, type NodeTime } from '@detrain/engine';
import { deploy } from '@detrain/models';
import { detectionProgram, predictionProgram, startTrainingWorkers, weightInputs } from '@detrain/trainer';
import { median } from './peer.ts';
import { imagesOf, learnerOf, type Runner, type Subject, stepperOf, trainingOf } from './subject.ts';

/** What one process measured of a training step. */
export interface StepMeasure {
  readonly imagesPerSecond: number;
  readonly stepMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** Greatest resident memory of the process so far. */
  readonly peakMB: number;
  /** From the start of the process to the end of the first step. */
  readonly startupS: number;
}

/** What one process measured of a forward pass on one image. */
export interface InferenceMeasure {
  readonly inferenceMs: number;
  readonly minMs: number;
  readonly maxMs: number;
}

const PARTS = ['forward', 'assign', 'backward', 'update'] as const;

/** Runs that come before the measured ones. */
const WARM_UP = 2;

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
const spread = (times: readonly number[]) => ({
  minMs: rounded(Math.min(...times), 1),
  maxMs: rounded(Math.max(...times), 1),
});

/** Trains for some steps and two more. `started`: when the process started, ms since 1970. */
export const measureStep = async (
  subject: Subject,
  runner: Runner,
  { steps, started }: { readonly steps: number; readonly started: number },
): Promise<{
  readonly measure: StepMeasure;
  readonly loss: number;
  /** Median milliseconds. */
  readonly parts: Readonly<Record<string, number>>;
  /** Costliest first, over {@link recorded} steps; empty without `profile`. */
  readonly nodes: readonly NodeTime[];
  /** Steps that a profile covers. */
  readonly recorded: number;
}> => {
  const { detector, recipe } = learnerOf(subject);
  const data = trainingOf(subject, detector);
  const engine = runner.workers > 0 ? undefined : await createEngine(runner);
  const start = () => startThread(new URL('./training-thread.ts', import.meta.url), { subject, runner });
  const training =
    engine?.training(detectionProgram(detector, recipe)) ??
    (await startTrainingWorkers({ count: runner.workers, start, parameters: data.parameters }));

  const times: number[] = [];
  const parts: Record<(typeof PARTS)[number], number[]> = { forward: [], assign: [], backward: [], update: [] };
  const takeStep = stepperOf({ training, detector, recipe }, data);
  let startupS = 0;
  let loss = 0;
  for (let step = 0; step < steps + WARM_UP; step++) {
    const before = performance.now();
    const result = await takeStep(step);
    const ms = performance.now() - before;
    if (step === 0) {
      startupS = (Date.now() - started) / 1000;
      loss = result.total;
    }
    if (step < WARM_UP) continue;
    times.push(ms);
    for (const part of PARTS) parts[part].push(1000 * result.seconds[part]);
  }
  const peakMB = Math.round(process.resourceUsage().maxRSS / 1024);
  const nodes = runner.profile ? await training.profile() : [];
  await training.dispose();
  await engine?.dispose();
  const ms = median(times);
  return {
    measure: {
      imagesPerSecond: rounded((1000 * subject.batch) / ms, 2),
      stepMs: rounded(ms, 1),
      ...spread(times),
      peakMB,
      startupS: rounded(startupS, 2),
    },
    loss,
    parts: Object.fromEntries(PARTS.map((part) => [part, Math.round(median(parts[part]))])),
    nodes,
    recorded: steps + WARM_UP - 1,
  };
};

/** Runs the deployed model on one image, so many times and two more. */
export const measureInference = async (subject: Subject, runner: Runner, runs: number): Promise<InferenceMeasure> => {
  const { detector: trained } = learnerOf(subject);
  const { detector, parameters } = deploy(trained, trainingOf(subject, trained).parameters);
  const engine = await createEngine(runner);
  const inference = engine.inference(predictionProgram(detector), weightInputs(detector, parameters));
  const images = imagesOf(1, subject.size);
  const times: number[] = [];
  for (let run = 0; run < runs + WARM_UP; run++) {
    const before = performance.now();
    await inference.run({ images });
    if (run >= WARM_UP) times.push(performance.now() - before);
  }
  await engine.dispose();
  return { inferenceMs: rounded(median(times), 2), ...spread(times) };
};
