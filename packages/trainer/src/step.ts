import type { HostTensor, HostTensors, KnownQueries, Rng } from '@detrain/core';
import type { Detector, Recipe } from '@detrain/core/tensors';
import type { StepResult, Training } from '@detrain/engine';
import { clipByGlobalNorm, type Ema, globalNorm, type Optimizer } from '@detrain/optim';
import type { Batch } from './batch.ts';
import type { AssignResult } from './criterion-assign.ts';
import { knownQueriesFor } from './known-queries.ts';
import { computeObjective, type ObjectiveRequest } from './objective.ts';
import type { TrainingWorkers } from './workers.ts';

/** One training step's ingredients. */
export interface TrainStepOptions {
  /** `engine.training(detectionProgram(detector, recipe))`, or threads that compute a share of each batch. */
  readonly training: Training | TrainingWorkers;
  readonly detector: Detector;
  readonly recipe: Recipe;
  /** Changed in place: trained weights and running statistics. */
  readonly parameters: ReadonlyMap<string, HostTensor>;
  readonly batch: Pick<Batch, 'images' | 'targets'>;
  /** This step's own stream. */
  readonly rng: Rng;
  readonly epoch: number;
  readonly step: number;
  /** Share of the run that is done, in [0, 1]. */
  readonly progress: number;
  /** Absent: gradients are computed and returned, and nothing is changed. */
  readonly optimizer?: Pick<Optimizer, 'step'>;
  /** Multiplier of the groups' learning rates, or a function of them. Default 1. */
  readonly rate?: Parameters<Optimizer['step']>[2];
  /** Largest global L2 norm of the gradients; 0 for no clipping. Default 0.1. */
  readonly clip?: number;
  /** Updated last, with weights and statistics. */
  readonly ema?: Pick<Ema, 'update'>;
  /** Known queries built elsewhere; absent: the recipe's source builds them from `rng`. */
  readonly known?: KnownQueries | null;
  /** Sees who answers for whom, before the backward pass; not called where workers match. */
  readonly onAssigned?: (result: AssignResult) => void;
}

/** What one training step did. */
export interface TrainStepResult {
  /** The objective; terms that are NaN count as 0 in it. */
  readonly total: number;
  /** Every weighted term under its official name. */
  readonly terms: Readonly<Record<string, number>>;
  /** Global L2 norm of the gradients before clipping. */
  readonly gradientNorm: number;
  /** The first of term, total or gradient norm that is not finite: then nothing was changed. Null where all is well. */
  readonly nonFinite: string | null;
  /** After clipping, by parameter name; the next step of the same workers overwrites theirs. */
  readonly gradients: HostTensors;
  /** Wall-clock seconds of the parts. */
  readonly seconds: Readonly<Record<'forward' | 'assign' | 'backward' | 'update', number>>;
}

/**
 * One training step: known queries, forward, matching, objective and gradients, clipping, optimiser, statistics, average.
 *
 * Deterministic in its inputs: all draws come from `rng`. Where anything is not finite it changes nothing and says so. Throws where
 * inputs do not fit each other.
 */
export const trainStep = async (options: TrainStepOptions): Promise<TrainStepResult> => {
  const { training, detector, recipe, parameters, batch, rng, epoch, step, progress } = options;
  const { optimizer, rate = 1, clip = 0.1, ema, onAssigned } = options;
  const { images, targets } = batch;

  // Drawn for the whole batch, whoever computes it.
  const known =
    options.known === undefined ? knownQueriesFor(recipe, detector, targets, rng.fork('known')) : options.known;
  const seed = rng.fork('assign').int(2 ** 32);
  const request: ObjectiveRequest = { images, targets, known, seed, epoch, step, progress };
  const result: StepResult = await ('count' in training
    ? training.step(parameters, request)
    : computeObjective({ training, detector, recipe, parameters, onAssigned }, request));

  const started = performance.now();
  const { total, terms, gradients } = result;
  const gradientNorm = clip > 0 ? clipByGlobalNorm(gradients, clip) : globalNorm(gradients);
  const nonFinite = firstNonFinite({ ...terms, total, 'gradient norm': gradientNorm });
  if (nonFinite === null && optimizer) {
    optimizer.step(parameters, gradients, rate);
    for (const [name, { data }] of Object.entries(result.updates)) parameters.get(name)?.data.set(data);
    ema?.update(parameters);
  }
  const seconds = { ...result.seconds, update: (performance.now() - started) / 1e3 };
  return { total, terms, gradientNorm, nonFinite, gradients, seconds };
};

const firstNonFinite = (values: Readonly<Record<string, number>>): string | null => {
  for (const [name, value] of Object.entries(values)) if (!Number.isFinite(value)) return name;
  return null;
};
