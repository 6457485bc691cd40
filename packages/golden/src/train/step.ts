import { createRng, type HostTensor, type HostTensors, type Rng, type TensorSpec } from '@detrain/core';
import type { GroupOutput, Predictions, Recipe } from '@detrain/core/tensors';
import type { StepResult, TrainingProgram } from '@detrain/engine';
import { makePass } from '@detrain/nn';
import { type AssignResult, detectionProgram, stepInputs } from '@detrain/trainer';
import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { sharedEngine } from '../engine.ts';
import type { TrainSetup } from './setup.ts';

/** A step's result with what was seen on the way. */
export interface SeenStep extends StepResult {
  /** Outputs under the reference's names (`out.aux_outputs.0.pred_logits`), pyramid levels (`encoder.0`), `tokens`. */
  readonly seen: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>>;
  readonly assigned: AssignResult;
}

const namedPredictions = (at: string, { logits, boxes, corners, reference }: Predictions): [string, Tensor][] => [
  [`${at}.pred_logits`, logits],
  [`${at}.pred_boxes`, boxes],
  ...(corners ? [[`${at}.pred_corners`, corners] as [string, Tensor]] : []),
  ...(corners && reference ? [[`${at}.ref_points`, reference] as [string, Tensor]] : []),
];

const namedOutputs = ([main, known]: readonly GroupOutput[]): Record<string, Tensor> => {
  const named: [string, Tensor][] = [];
  main?.layers.forEach((layer, i) => {
    named.push(...namedPredictions(i === main.layers.length - 1 ? 'out' : `out.aux_outputs.${i}`, layer));
  });
  if (main?.pre) named.push(...namedPredictions('out.pre_outputs', main.pre));
  if (main?.encoder) named.push(...namedPredictions('out.enc_aux_outputs.0', main.encoder));
  known?.layers.forEach((layer, i) => {
    named.push(...namedPredictions(`out.dn_outputs.${i}`, layer));
  });
  if (known?.pre) named.push(...namedPredictions('out.dn_pre_outputs', known.pre));
  return Object.fromEntries(named);
};

/** The trainer's step program, which also reads back all outputs. */
const seeingProgram = (
  setup: TrainSetup,
  recipe: Recipe,
): TrainingProgram & Pick<ReturnType<typeof detectionProgram>, 'criterion'> => {
  const { detector, batchStatistics } = setup;
  const program = detectionProgram(detector, recipe, { batchStatistics });
  return {
    ...program,
    forward: (inputs) => {
      const pass = makePass({ training: true, batchStatistics, tensors: inputs, specs: detector.parameters });
      const pyramid = detector.encode(inputs['images'] as Tensor4D, pass);
      const labels = inputs['known.labels'] as Tensor2D | undefined;
      const extra = labels && {
        name: recipe.knownQueries?.name ?? 'known',
        labels,
        boxes: inputs['known.boxes'] as Tensor3D,
        mask: inputs['known.mask'] as Tensor2D,
      };
      const groups = detector.decode(pyramid, pass, extra ? [extra] : []);
      const objective = program.criterion(inputs as Record<string, Tensor & TensorSpec>);
      const levels = Object.fromEntries(pyramid.levels.map((level, i) => [`encoder.${i}`, level]));
      const tokens = detector.select(pyramid, pass);
      return {
        readback: { ...objective.readback(groups), ...namedOutputs(groups), ...levels, tokens },
        updates: Object.fromEntries(pass.updates),
        loss: (targets) => objective.loss(groups, targets),
      };
    },
  };
};

/** Makes a case's step ready, lets `use` run it on images as often as it likes, and frees it. */
const withStep = async <T>(
  setup: TrainSetup,
  recipe: Recipe,
  epoch: number,
  use: (run: (images: HostTensor) => Promise<SeenStep>) => Promise<T>,
): Promise<T> => {
  const { detector, parameters, targets, known } = setup;
  const program = seeingProgram(setup, recipe);
  const training = (await sharedEngine()).training(program);
  const run = async (images: HostTensor): Promise<SeenStep> => {
    const inputs = stepInputs({ detector, parameters, images, known });
    const criterion = program.criterion(inputs);
    let assigned: AssignResult | undefined;
    let seen: SeenStep['seen'] = {};
    const result = await training.step(inputs, (readback) => {
      // what is read back is only lent for the time of this call
      seen = Object.fromEntries(
        Object.entries(readback).map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
      );
      assigned = criterion.assign(readback, { targets, known, rng: createRng(0), epoch, step: 0, progress: 0 });
      return assigned.dense;
    });
    return { ...result, seen, assigned: assigned as AssignResult };
  };
  try {
    return await use(run);
  } finally {
    await training.dispose();
  }
};

/** One forward and backward pass of a case with a recipe; nothing is changed. */
export const seeStep = (setup: TrainSetup, recipe: Recipe, epoch: number): Promise<SeenStep> =>
  withStep(setup, recipe, epoch, (run) => run(setup.images));

/** Most roundings that {@link seeRoundings} takes. */
const ROUNDINGS = 48;

/** Images whose values differ from these by about one unit in the last place, up or down by `rng`. */
const rounded = (images: HostTensor, rng: Rng): HostTensor => ({
  ...images,
  data: Float32Array.from(images.data, (value) => value * (1 + (rng.next() < 0.5 ? -1 : 1) * 2 ** -23)),
});

/** The gradients of a step on images that differ from a case's in their last bit, time after time until there are enough. */
export const seeRoundings = (
  setup: TrainSetup,
  recipe: Recipe,
  epoch: number,
  enough: (seen: readonly HostTensors[]) => boolean,
): Promise<HostTensors[]> =>
  withStep(setup, recipe, epoch, async (run) => {
    const rng = createRng('roundings');
    const all: HostTensors[] = [];
    do all.push((await run(rounded(setup.images, rng.fork(all.length)))).gradients);
    while (all.length < ROUNDINGS && !enough(all));
    return all;
  });
