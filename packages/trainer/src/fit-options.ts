import type { HostTensor, MaybePromise } from '@detrain/core';
import type { Detector, Recipe } from '@detrain/core/tensors';
import type { Engine } from '@detrain/engine';
import type { EmaOptions, Optimizer, Schedule } from '@detrain/optim';
import type { BatchSource } from './batch.ts';
import type { Best, CallbackOption, Metrics, Outcome } from './callbacks.ts';
import type { EmaRestart } from './ema-restart.ts';
import type { Profile } from './profile.ts';
import type { TrainingWorkers } from './workers.ts';

/** What an evaluation is told. */
export interface EvaluationContext {
  readonly epoch: number;
  readonly step: number;
  /** Aborted when the user interrupts; throwing `signal.reason` then is right. */
  readonly signal: AbortSignal;
}

/** Measures weights. Passed in, so that the trainer knows no metric. */
export type Evaluate = (
  parameters: ReadonlyMap<string, HostTensor>,
  context: EvaluationContext,
) => MaybePromise<Metrics>;

/** Which files of weights a run keeps. `last` is always kept. */
export interface CheckpointPolicy {
  /** The number of an evaluation that decides what is best; more is better. Default `ap`. */
  readonly metric?: string;
  /** Keep the weights of every this many epochs as `epoch-NNNN`; 0 for none. Default 0. */
  readonly keepEvery?: number;
  /** Written into every file of weights: model name, classes, input size. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Everything that {@link fit} needs. */
export interface FitOptions {
  readonly detector: Detector;
  readonly recipe: Recipe;
  readonly engine: Engine;
  /** Threads that compute a share of each batch, instead of this one alone; ended by whoever started them. */
  readonly workers?: TrainingWorkers;
  /** Initial or loaded weights by official name; changed in place. */
  readonly parameters: Map<string, HostTensor>;
  readonly batches: BatchSource;
  readonly optimizer: Optimizer;
  /** Multiplier of each group's rate at a step. Default: constant 1. */
  readonly schedule?: Schedule;
  /** Whether batch norms use and record the batch's statistics; false: the running ones, unchanged (fine-tuning on small batches). Default true. */
  readonly batchStatistics?: boolean;
  /** Gradients are scaled down to this global L2 norm; null leaves them. Default 0.1, as the whole RT-DETR family. */
  readonly clip?: number | null;
  /** Averaged weights, which are then what is evaluated and kept; null for none. Default: decay 0.9999, warm-up 1000. */
  readonly ema?: EmaOptions | null;
  readonly emaRestart?: EmaRestart;
  readonly epochs: number;
  /** Names every random stream of the run, with epoch and step. Default 0. */
  readonly seed?: number;
  readonly evaluate?: Evaluate;
  /** Evaluate after every this many epochs, and after the last. Default 1. */
  readonly evaluateEvery?: number;
  readonly checkpoints?: CheckpointPolicy;
  /** Where `weights/`, `state/`, `metrics.jsonl` and `crash/` go; null writes nothing. Default null. */
  readonly folder?: string | null;
  /** Go on from the folder's saved state. Default false. */
  readonly resume?: boolean;
  /** Aborting it ends the run after the step under way, with its state saved. */
  readonly signal?: AbortSignal;
  /** What to do about a loss or gradient that is not finite: stop, or leave the step out (at most 10 in a row). Default `stop`. */
  readonly onNonFinite?: 'stop' | 'skip';
  /** Steps between lines of metrics.jsonl. Default 1. */
  readonly logEvery?: number;
  /** Measure the parts of each step, and write `profile.json`; for the engine's own operations make it with `profile`, too. Default false. */
  readonly profile?: boolean;
  readonly callbacks?: CallbackOption;
}

/** How a run ended. */
export interface FitResult extends Outcome {
  readonly epoch: number;
  readonly step: number;
  readonly best: Best | null;
  /** The last evaluation, null before the first. */
  readonly metrics: Metrics | null;
  /** The weights to use: the averaged ones where an average is kept. */
  readonly parameters: ReadonlyMap<string, HostTensor>;
  /** Null unless asked for. */
  readonly profile: Profile | null;
}
