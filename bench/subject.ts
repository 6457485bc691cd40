import { createRng, type HostTensor, type Targets } from '@detrain/core';
import type { Recipe } from '@detrain/core/tensors';
import type { EngineName } from '@detrain/engine';
import { type ZooDetector, type ZooName, zoo } from '@detrain/models';
import { initialise } from '@detrain/nn';
import { createAdamW, type Optimizer, parameterGroups } from '@detrain/optim';
import { deim, deimv2Lite } from '@detrain/recipes';
import { type TrainStepOptions, trainStep } from '@detrain/trainer';

/** A model in training on random images. */
export interface Subject {
  readonly name: string;
  /** Side of the images in pixels. */
  readonly size: number;
  /** Images a step. */
  readonly batch: number;
}

/** How a subject is run; plain data, which can be sent to a thread. */
export interface Runner {
  readonly engine: EngineName;
  /** Threads of each engine. */
  readonly threads: number;
  /** Threads with an engine of their own that share each step; 0: the main thread computes. */
  readonly workers: number;
  readonly profile: boolean;
}

/** Objects of each image. */
const OBJECTS = 8;

/** The model and its recipe. Throws on a name that the zoo does not have. */
export const learnerOf = ({ name, size }: Subject): { readonly detector: ZooDetector; readonly recipe: Recipe } => {
  if (!Object.hasOwn(zoo, name))
    throw new Error(`bench: no model '${name}'. One of these is wanted: ${Object.keys(zoo).join(', ')}.`);
  return {
    detector: zoo[name as ZooName]({ inputSize: [size, size] }),
    recipe: name.startsWith('deimv2') ? deimv2Lite() : deim(),
  };
};

/** Fresh weights, AdamW, and a batch of noise `[batch, size, size, 3]` with boxes in it. */
export const trainingOf = (
  { size, batch }: Subject,
  detector: ZooDetector,
): {
  readonly parameters: Map<string, HostTensor>;
  readonly optimizer: Optimizer;
  readonly images: HostTensor;
  readonly targets: readonly Targets[];
} => {
  const rng = createRng(1);
  const parameters = initialise(detector.parameters, rng.fork('weights'));
  const trained = detector.parameters
    .filter(({ kind, sharedWith }) => kind === 'trainable' && !sharedWith)
    .map(({ name }) => name);
  return {
    parameters,
    optimizer: createAdamW({ groups: parameterGroups(trained, [], { learningRate: 1e-4, weightDecay: 1e-4 }) }),
    targets: Array.from({ length: batch }, () => ({
      boxes: Float32Array.from({ length: 4 * OBJECTS }, (_, i) =>
        i % 4 < 2 ? rng.uniform(0.2, 0.8) : rng.uniform(0.05, 0.25),
      ),
      labels: Int32Array.from({ length: OBJECTS }, () => rng.int(detector.numClasses)),
    })),
    images: imagesOf(batch, size),
  };
};

/** Trains on one batch again and again; `step` counts from 0. */
export const stepperOf = (
  learner: Pick<TrainStepOptions, 'training' | 'detector' | 'recipe'>,
  { parameters, optimizer, images, targets }: ReturnType<typeof trainingOf>,
): ((step: number) => ReturnType<typeof trainStep>) => {
  const rng = createRng('steps');
  const fixed = { ...learner, parameters, optimizer, batch: { images, targets }, epoch: 0, progress: 0 };
  return (step) => trainStep({ ...fixed, rng: rng.fork(step), step });
};

/** Noise in [0, 1] `[count, size, size, 3]`. */
export const imagesOf = (count: number, size: number): HostTensor => ({
  shape: [count, size, size, 3],
  dtype: 'float32',
  data: Float32Array.from({ length: count * size * size * 3 }, createRng('images').next),
});
