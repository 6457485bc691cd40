import type { HostTensor, MaybePromise } from '@detrain/core';

/** What `saveState` may return: it goes into a JSON file. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Named numbers of an evaluation, e.g. `{ ap: 0.31, ap50: 0.52 }`. */
export type Metrics = Readonly<Record<string, number>>;

/** The best evaluation so far. */
export interface Best {
  readonly metric: string;
  readonly value: number;
  readonly epoch: number;
  readonly step: number;
}

/** A run as callbacks see it. */
export interface Run {
  /** The run's folder, null where nothing is written. */
  readonly folder: string | null;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  /** The epoch under way, from 0. */
  readonly epoch: number;
  /** Steps of the run that are done. */
  readonly step: number;
  /** Share of the run that is done, in [0, 1]. */
  readonly progress: number;
  readonly best: Best | null;
  /** The weights that the optimizer moves, by official name. */
  readonly parameters: ReadonlyMap<string, HostTensor>;
  /** The averaged weights, or `parameters` where no average is kept: what is evaluated. */
  readonly evaluated: ReadonlyMap<string, HostTensor>;
  /** Ends the run after the step under way, with its state saved. */
  stop(reason: string): void;
}

/** One step in plain numbers. */
export interface StepRecord {
  /** Steps done, this one included. */
  readonly step: number;
  readonly epoch: number;
  /** Steps of this epoch that are done, this one included. */
  readonly stepInEpoch: number;
  readonly loss: number;
  /** Each weighted term of the objective. */
  readonly terms: Readonly<Record<string, number>>;
  /** Global L2 norm of the gradients before clipping. */
  readonly gradientNorm: number;
  /** Learning rate of the base group. */
  readonly learningRate: number;
  readonly images: number;
  /** Objects in the batch. */
  readonly targets: number;
  /** Width and height of the batch in pixels. */
  readonly size: readonly [width: number, height: number];
  /** Seconds: waiting for the batch, the parts of the step, all of it. */
  readonly seconds: Readonly<Record<'data' | 'forward' | 'assign' | 'backward' | 'update' | 'total', number>>;
}

/** Why a run ended. */
export interface Outcome {
  readonly reason: 'finished' | 'stopped' | 'interrupted' | 'non-finite' | 'failed';
  readonly message: string;
  readonly error?: unknown;
}

/** Something that watches a run. Every hook is optional and awaited, in the order the callbacks are listed; what it gives back is ignored. */
export interface TrainerCallback {
  readonly name: string;
  /** Before the first step of this process, after a resumed state is loaded. */
  onFitStart?(run: Run): MaybePromise<unknown>;
  onEpochStart?(run: Run): MaybePromise<unknown>;
  /** After the update of a step. */
  onStepEnd?(run: Run, record: StepRecord): MaybePromise<unknown>;
  onValidationEnd?(run: Run, metrics: Metrics): MaybePromise<unknown>;
  /** After a file of weights is written. */
  onCheckpoint?(run: Run, file: string): MaybePromise<unknown>;
  /** Last, however the run ended. */
  onFitEnd?(run: Run, outcome: Outcome): MaybePromise<unknown>;
  /** What a resumed run needs to go on as if it had never stopped. */
  saveState?(): Json;
  loadState?(state: Json): void;
}

/** A callback, nothing, or a list of either. */
export type CallbackOption = TrainerCallback | false | null | undefined | readonly CallbackOption[];

/** The callbacks of an option, in order. Throws when two share a name, because their states would collide. */
export const flattenCallbacks = (option: CallbackOption): readonly TrainerCallback[] => {
  const found: TrainerCallback[] = [];
  const visit = (entry: CallbackOption): void => {
    if (!entry) return;
    if (Array.isArray(entry)) for (const inner of entry as readonly CallbackOption[]) visit(inner);
    else found.push(entry as TrainerCallback);
  };
  visit(option);
  const names = new Set<string>();
  for (const { name } of found) {
    if (names.has(name))
      throw new Error(`trainer: two callbacks are named "${name}". Names must differ. Give one of them another name.`);
    names.add(name);
  }
  return found;
};
