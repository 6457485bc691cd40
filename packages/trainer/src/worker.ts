import { fail, type HostTensor } from '@detrain/core';
import type { Detector, Recipe } from '@detrain/core/tensors';
import { answerQuestions } from '@detrain/core/threads';
import type { Engine } from '@detrain/engine';
import type { Collective } from './collective.ts';
import { computeObjective } from './objective.ts';
import { detectionProgram, type ProgramOptions, parameterInputs } from './program.ts';
import { sharedCollective } from './shared-collective.ts';
import { type SharedTensors, viewOf } from './shared-tensors.ts';
import type { Ask, Exchange, Question, Seat } from './worker-messages.ts';

/** What a worker computes its share of each step with: the same detector and recipe as all others. */
export interface ServeOptions extends ProgramOptions {
  readonly detector: Detector;
  readonly recipe: Recipe;
  /** The worker's own; disposed of at the end. */
  readonly engine: Engine;
}

type Step = Exchange['step'];

/** The worker's own parameters: onnxruntime takes no arrays in shared memory. */
const copiesOf = (detector: Detector, shared: SharedTensors): ReadonlyMap<string, HostTensor> =>
  new Map(
    parameterInputs(detector).map(({ name }) => {
      const view = viewOf(shared, name);
      return [name, { ...view, data: view.data.slice() }];
    }),
  );

/** A worker's part of the steps. */
const stepper = ({ detector, recipe, engine, ...options }: ServeOptions, seat: Seat) => {
  const training = engine.training(detectionProgram(detector, recipe, options));
  const collective: Collective = sharedCollective(seat.memory, seat.rank);
  const parameters = copiesOf(detector, seat.parameters);
  return {
    training,
    step: async ({ request, first, batch }: Step['ask']): Promise<Step['answer']> => {
      for (const [name, { data }] of parameters) (data as Float32Array).set(viewOf(seat.parameters, name).data);
      const share = { first, sum: (counts: Float32Array) => collective.allReduce({ counts }) };
      const { total, terms, gradients, updates, seconds } = await computeObjective(
        { training, detector, recipe, parameters, share },
        request,
      );
      const results: Record<string, Float32Array> = {};
      for (const [name, { data }] of Object.entries(gradients)) results[name] = data as Float32Array;
      // Statistics are means over images; gradients are parts of a sum, as the normalisers are those of the whole batch.
      const part = request.targets.length / batch;
      for (const [name, { data }] of Object.entries(updates))
        results[name] = (data as Float32Array).map((x) => x * part);
      collective.allReduce(results);
      if (seat.rank === 0)
        for (const [name, data] of Object.entries(results)) viewOf(seat.results, name).data.set(data);
      return { total, terms, seconds, gradients: Object.keys(gradients), updates: Object.keys(updates) };
    },
  };
};

/**
 * Makes this worker thread compute its share of every step until `startTrainingWorkers` of the main thread ends it. Throws outside a worker
 * thread; what fails later is reported to the main thread.
 */
export const serveTraining = (options: ServeOptions): void => {
  let own: ReturnType<typeof stepper> | undefined;
  const joined = () =>
    own ?? fail('trainer', 'a step before `join`', 'The seat is wanted first', 'Use startTrainingWorkers');
  const answer = async (ask: Ask): Promise<Exchange[Question]['answer']> => {
    switch (ask.kind) {
      case 'join':
        own = stepper(options, ask.value);
        return null;
      case 'step':
        return joined().step(ask.value);
      case 'profile':
        return joined().training.profile();
      case 'memory':
        return options.engine.memory();
      case 'end':
        await options.engine.dispose();
        return null;
    }
  };
  answerQuestions<Ask>(async (ask) => ({ value: await answer(ask) }));
};
