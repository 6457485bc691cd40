import { fail, type HostTensor, type HostTensors, type KnownQueries, type TensorSpec } from '@detrain/core';
import type { Detector, ParameterSpec, QueryGroup, Recipe } from '@detrain/core/tensors';
import type { InferenceProgram, TrainingProgram } from '@detrain/engine';
import { BLOCKED, isInput, makePass } from '@detrain/nn';
import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { type Criterion, createCriterion } from './criterion.ts';

/** Options of `detectionProgram`. */
export interface ProgramOptions {
  /** Whether batch norms use the batch's statistics and record new running ones. Default true. */
  readonly batchStatistics?: boolean;
}

/** A training step of a detector, with the criterion that its host part uses. */
export interface DetectionProgram extends TrainingProgram {
  /** The criterion for inputs of these shapes; the same object for equal shapes. */
  criterion(inputs: Readonly<Record<string, TensorSpec>>): Criterion;
}

/** The parameters that are inputs of a program: no aliases, counters or derived buffers. */
export const parameterInputs = (detector: Detector): readonly ParameterSpec[] => detector.parameters.filter(isInput);

/** The name that the group of known queries has among a detector's outputs. */
const knownName = (recipe: Recipe): string => recipe.knownQueries?.name ?? 'known';

/**
 * The criterion of a recipe for inputs of these shapes: `images` and, where known queries are fed, `known.labels`.
 * Throws where the detector does not say what it outputs.
 */
export const criterionFor = (
  detector: Detector,
  recipe: Recipe,
  inputs: Readonly<Record<string, TensorSpec>>,
): Criterion => {
  const batch = inputs['images']?.shape[0];
  if (batch === undefined)
    fail(
      'trainer',
      "no input 'images'",
      'A program takes images [batch, height, width, 3]',
      'Build the inputs with `stepInputs`',
    );
  if (!detector.outputs)
    fail(
      'trainer',
      `detector '${detector.name}' has no \`outputs\``,
      'Shapes of targets depend on its layers',
      'Add outputs: { layers, pre, encoder } to the detector',
    );
  const count = inputs['known.labels']?.shape[1];
  return createCriterion(recipe, {
    ...detector.outputs,
    batch,
    numClasses: detector.numClasses,
    queries: detector.numQueries,
    ...(count !== undefined && { known: { name: knownName(recipe), count } }),
  });
};

/** Keeps the criterion of the last few shapes. */
const criteria = (detector: Detector, recipe: Recipe) => {
  const held = new Map<string, Criterion>();
  return (inputs: Readonly<Record<string, TensorSpec>>): Criterion => {
    const key = `${inputs['images']?.shape[0]}/${inputs['known.labels']?.shape[1]}`;
    const criterion = held.get(key) ?? criterionFor(detector, recipe, inputs);
    held.set(key, criterion);
    return criterion;
  };
};

/**
 * A training step of a detector with a recipe's objective, for any engine.
 *
 * Inputs: every parameter under its name, `images`, and for known queries `known.labels` `[batch, count]` int32, `known.boxes`
 * `[batch, count, 4]` and `known.mask` `[count + queries, count + queries]` or, where the model's own queries see each other and none
 * of those, `[count, count + queries]`; `stepInputs` makes them. Without the `known` inputs the step has no known queries.
 */
export const detectionProgram = (
  detector: Detector,
  recipe: Recipe,
  { batchStatistics = true }: ProgramOptions = {},
): DetectionProgram => {
  const criterion = criteria(detector, recipe);
  return {
    name: `${detector.name}/${recipe.name}`,
    trainable: parameterInputs(detector)
      .filter(({ kind }) => kind === 'trainable')
      .map(({ name }) => name),
    criterion,
    targets: (inputs) => criterion(inputs).targets,
    forward: (inputs) => {
      const pass = makePass({ training: true, batchStatistics, tensors: inputs, specs: detector.parameters });
      const groups = detector.decode(detector.encode(imagesOf(inputs), pass), pass, queryGroups(recipe, inputs));
      const objective = criterion(inputs as Record<string, Tensor & TensorSpec>);
      return {
        readback: objective.readback(groups),
        updates: Object.fromEntries(pass.updates),
        loss: (targets) => objective.loss(groups, targets),
      };
    },
  };
};

/** A detector's forward pass for evaluation: parameters and `images` to `logits` `[batch, queries, classes]` and `boxes` `[batch, queries, 4]`. */
export const predictionProgram = (detector: Detector): InferenceProgram => ({
  name: `${detector.name}/predict`,
  run: (inputs) => {
    const pass = makePass({ training: false, tensors: inputs, specs: detector.parameters });
    const [main] = detector.decode(detector.encode(imagesOf(inputs), pass), pass);
    const last = main?.layers.at(-1);
    if (!last)
      return fail(
        'trainer',
        `detector '${detector.name}' gave no layer`,
        'Its last layer is the prediction',
        'Return `main` first',
      );
    return { logits: last.logits, boxes: last.boxes };
  },
});

const imagesOf = (inputs: Readonly<Record<string, Tensor>>): Tensor4D =>
  (inputs['images'] as Tensor4D | undefined) ??
  fail(
    'trainer',
    "no input 'images'",
    'A program takes images [batch, height, width, 3]',
    'Build the inputs with `stepInputs`',
  );

const queryGroups = (recipe: Recipe, inputs: Readonly<Record<string, Tensor>>): QueryGroup[] => {
  const labels = inputs['known.labels'];
  if (!labels) return [];
  return [
    {
      name: knownName(recipe),
      labels: labels as Tensor2D,
      boxes: inputs['known.boxes'] as Tensor3D,
      mask: inputs['known.mask'] as Tensor2D,
    },
  ];
};

/** What a step is made of, on the host. */
export interface StepInputs {
  readonly detector: Detector;
  readonly parameters: ReadonlyMap<string, HostTensor>;
  /** RGB in [0, 1] `[batch, height, width, 3]`. */
  readonly images: HostTensor;
  readonly known?: KnownQueries | null;
}

/** A detector's parameters as a program's inputs. Throws where one is missing. */
export const weightInputs = (detector: Detector, parameters: ReadonlyMap<string, HostTensor>): HostTensors =>
  Object.fromEntries(
    parameterInputs(detector).map(({ name }) => [
      name,
      parameters.get(name) ??
        fail(
          'trainer',
          `no parameter '${name}'`,
          `Detector '${detector.name}' needs it`,
          'Initialise or load all of its parameters',
        ),
    ]),
  );

/** The inputs of `detectionProgram` (or, without known queries, of `predictionProgram`). Throws where a parameter is missing. */
export const stepInputs = ({ detector, parameters, images, known }: StepInputs): HostTensors => ({
  ...weightInputs(detector, parameters),
  images,
  ...(known && knownInputs(known, detector.numQueries, images.shape[0] ?? 0)),
});

/** Whether the model's own queries see each other and no known one. */
const isApart = ({ blocked, count }: KnownQueries, side: number): boolean => {
  for (let row = count; row < side; row++)
    for (let column = 0; column < side; column++)
      if (Boolean(blocked[row * side + column]) !== column < count) return false;
  return true;
};

const knownInputs = (known: KnownQueries, numQueries: number, batch: number): HostTensors => {
  const side = known.count + numQueries;
  if (known.blocked.length !== side * side || known.labels.length !== batch * known.count)
    fail(
      'trainer',
      `known queries '${known.name}' for ${known.labels.length / known.count} images and a mask of ${known.blocked.length} entries`,
      `${batch} images and ${side} x ${side} entries are wanted`,
      'Build them for this batch and detector',
    );
  const rows = isApart(known, side) ? known.count : side;
  const mask = new Float32Array(rows * side);
  for (let i = 0; i < mask.length; i++) if (known.blocked[i]) mask[i] = BLOCKED;
  return {
    'known.labels': { shape: [batch, known.count], dtype: 'int32', data: known.labels },
    'known.boxes': { shape: [batch, known.count, 4], dtype: 'float32', data: known.boxes },
    'known.mask': { shape: [rows, side], dtype: 'float32', data: mask },
  };
};
