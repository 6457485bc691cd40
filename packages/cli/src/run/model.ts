import { createRng, type HostTensor, nearest } from '@detrain/core';
import type { Detector } from '@detrain/core/tensors';
import { type ZooName, zoo } from '@detrain/models';
import { initialise } from '@detrain/nn';
import type { DetrainConfig, ModelContext } from '../config/types.ts';
import { userError } from '../errors.ts';

/** The detector that a config asks for. Throws a user error with the nearest name of the zoo. */
export const buildDetector = (model: NonNullable<DetrainConfig['model']>, context: ModelContext): Detector => {
  if (typeof model === 'function') return model(context);
  const { name, numQueries } = typeof model === 'string' ? { name: model, numQueries: undefined } : model;
  const factory = Object.hasOwn(zoo, name) ? zoo[name as ZooName] : undefined;
  const [width, height] = context.inputSize;
  if (factory)
    return factory({
      numClasses: context.numClasses,
      inputSize: [height, width],
      ...(numQueries === undefined ? {} : { numQueries }),
    });
  const names = Object.keys(zoo);
  const meant = nearest(name, names);
  throw userError(`There is no model ${name}. ${meant ? `Did you mean ${meant}?` : `There are ${names.join(', ')}.`}`);
};

/** Fresh weights of a seed; the same for every run of that seed and model. */
export const freshWeights = (detector: Detector, seed: number): Map<string, HostTensor> =>
  initialise(detector.parameters, createRng(seed).fork('weights'));
