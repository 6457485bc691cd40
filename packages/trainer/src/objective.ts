import { createRng, type HostTensor, type KnownQueries, type Targets } from '@detrain/core';
import type { Detector, Recipe } from '@detrain/core/tensors';
import type { StepResult, Training } from '@detrain/engine';
import type { AssignResult, Share } from './criterion-assign.ts';
import { criterionFor, stepInputs } from './program.ts';

/** What a step's objective is computed from beside the parameters: plain data, which can be sent to another thread. */
export interface ObjectiveRequest {
  /** RGB in [0, 1] `[batch, height, width, 3]`. */
  readonly images: HostTensor;
  /** One per image. */
  readonly targets: readonly Targets[];
  readonly known: KnownQueries | null;
  /** Seed of the stream that assigners draw from. */
  readonly seed: number;
  readonly epoch: number;
  readonly step: number;
  /** Share of the run that is done, in [0, 1]. */
  readonly progress: number;
}

/** Who computes an objective: a program, readied by an engine, with its model. */
export interface ObjectiveContext {
  readonly training: Training;
  readonly detector: Detector;
  readonly recipe: Recipe;
  readonly parameters: ReadonlyMap<string, HostTensor>;
  /** Where the images are a share of a larger batch. */
  readonly share?: Share;
  readonly onAssigned?: ((result: AssignResult) => void) | undefined;
}

/** The objective of a batch and its gradients, in this thread; nothing is changed. */
export const computeObjective = (
  { training, detector, recipe, parameters, share, onAssigned }: ObjectiveContext,
  { images, targets, known, seed, epoch, step, progress }: ObjectiveRequest,
): Promise<StepResult> => {
  const inputs = stepInputs({ detector, parameters, images, known });
  const criterion = criterionFor(detector, recipe, inputs);
  return training.step(inputs, (readback) => {
    const rng = createRng(seed);
    const assigned = criterion.assign(readback, {
      targets,
      known,
      rng,
      epoch,
      step,
      progress,
      ...(share && { share }),
    });
    onAssigned?.(assigned);
    return assigned.dense;
  });
};
