import type { TensorSpec } from '@detrain/core';
import type { Detector, Recipe } from '@detrain/core/tensors';
import { stepMemory } from '@detrain/engine';
import { detectionProgram, parameterInputs } from '@detrain/trainer';

/** What training takes, in bytes. */
export interface TrainingMemory {
  readonly batch: number;
  /** Parameters and statistics. */
  readonly weights: number;
  readonly gradients: number;
  /** AdamW's two averages. */
  readonly optimizer: number;
  /** The average of the weights. */
  readonly ema: number;
  /** Values of a step on the compiled engine that take memory at once. */
  readonly activations: number;
  /** All of it with the process itself and what its allocators leave unused. */
  readonly peak: number;
}

/** Node, TensorFlow.js, onnxruntime and the traced step, as measured. */
const PROCESS = 330e6;
/** Memory for each byte of values, as measured: in a heap that both sessions share, and in an arena of each. */
const UNUSED = { kept: 1.3, arenas: 1.25 };
const FLOAT = 4;

const bytesOf = (specs: readonly TensorSpec[]) =>
  specs.reduce((sum, { shape }) => sum + FLOAT * shape.reduce((product, side) => product * side, 1), 0);

/** The inputs of a training step, known queries included. */
const stepSpecs = (
  detector: Detector,
  recipe: Recipe,
  batch: number,
  [width, height]: readonly [number, number],
): Record<string, TensorSpec> => {
  const float = (shape: readonly number[]): TensorSpec => ({ shape, dtype: 'float32' });
  const specs = Object.fromEntries(parameterInputs(detector).map(({ name, shape }) => [name, float(shape)]));
  const count = recipe.knownQueries?.count;
  const side = (count ?? 0) + detector.numQueries;
  return {
    ...specs,
    images: float([batch, height, width, 3]),
    ...(count !== undefined && {
      'known.labels': { shape: [batch, count], dtype: 'int32' },
      'known.boxes': float([batch, count, 4]),
      'known.mask': float([count, side]),
    }),
  };
};

/**
 * Estimates what a run takes on the compiled engine, from the traced step: nothing is run. Within 11 % of measured peaks (Atto, DEIM-N and
 * DEIM-S at 320, DEIM-N at 640, batches of 1 to 16); the loader's images and evaluation come on top.
 *
 * @param options.keptHeap whether freed memory is kept (`@detrain/engine/heap`): then the second session takes what the first one leaves
 */
export const trainingMemory = (
  detector: Detector,
  recipe: Recipe,
  options: {
    readonly batch: number;
    readonly size: readonly [width: number, height: number];
    readonly ema: boolean;
    readonly keptHeap: boolean;
  },
): TrainingMemory => {
  const inputs = parameterInputs(detector).map(({ shape, kind }) => ({ shape, kind, dtype: 'float32' as const }));
  const weights = bytesOf(inputs);
  const gradients = bytesOf(inputs.filter(({ kind }) => kind === 'trainable'));
  const optimizer = 2 * gradients;
  const ema = options.ema ? weights : 0;
  const { forward, backward, carried } = stepMemory(
    detectionProgram(detector, recipe),
    stepSpecs(detector, recipe, options.batch, options.size),
  );
  const activations = backward + carried + (options.keptHeap ? 0 : forward);
  const unused = options.keptHeap ? UNUSED.kept : UNUSED.arenas;
  return {
    batch: options.batch,
    weights,
    gradients,
    optimizer,
    ema,
    activations,
    peak: PROCESS + weights + gradients + optimizer + ema + unused * activations,
  };
};
