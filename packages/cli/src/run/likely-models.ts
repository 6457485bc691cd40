import { isClassTensor } from '@detrain/checkpoint';
import type { HostTensor } from '@detrain/core';
import type { ParameterSpec } from '@detrain/core/tensors';
import { unfoldWeights, type ZooName, zoo } from '@detrain/models';
import { isInput } from '@detrain/nn';

/** Least share of equal tensors among all of the file's and the model's that is worth naming. */
const ENOUGH = 0.5;

const compared = (spec: ParameterSpec) => isInput(spec) && !isClassTensor(spec.name);

/** Equal names and shapes among all names, from 0 to 1. */
const agreement = (specs: readonly ParameterSpec[], file: ReadonlyMap<string, HostTensor>): number => {
  const { tensors } = unfoldWeights(specs, file);
  const known = new Set(specs.map(({ name }) => name));
  const wanted = specs.filter(compared);
  const equal = wanted.filter(({ name, shape }) => tensors.get(name)?.shape.join() === shape.join()).length;
  const unknown = [...tensors.keys()].filter((name) => !known.has(name)).length;
  return equal / Math.max(1, wanted.length + unknown);
};

/** The models of the zoo that a file's names and shapes fit best; several where they differ in neither, none where little fits. */
export const likelyModels = (tensors: ReadonlyMap<string, HostTensor>): ZooName[] => {
  const scores = (Object.keys(zoo) as ZooName[]).map((name) => ({
    name,
    score: agreement(zoo[name]().parameters, tensors),
  }));
  const best = Math.max(...scores.map(({ score }) => score));
  return best < ENOUGH ? [] : scores.filter(({ score }) => score === best).map(({ name }) => name);
};
