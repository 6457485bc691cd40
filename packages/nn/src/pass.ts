import type { ParameterSpec, Pass } from '@detrain/core/tensors';
import type { Tensor } from '@tensorflow/tfjs-core';

/** A pass that keeps what the modules recorded. */
export interface RecordingPass extends Pass {
  /** New values of statistics, by parameter name. */
  readonly updates: ReadonlyMap<string, Tensor>;
}

/** What {@link makePass} needs. */
export interface PassOptions {
  /** Whether training-only outputs and branches are wanted. Default false. */
  readonly training?: boolean;
  /** Whether batch norms use the batch's statistics. Default: as `training`. */
  readonly batchStatistics?: boolean;
  /** The tensors of the program's inputs by parameter name. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** The model's parameters, to resolve names that are shared with others and to know which are frozen. */
  readonly specs?: readonly ParameterSpec[];
  /** Is shown what enters each batch norm. */
  readonly observe?: NonNullable<Pass['observe']>;
}

/** Binds tensors to parameter names for one run of a model. `parameter` throws on a name without a tensor. */
export const makePass = (options: PassOptions): RecordingPass => {
  const { training = false, batchStatistics, tensors, specs = [], observe } = options;
  const aliases = new Map(specs.flatMap(({ name, sharedWith }) => (sharedWith ? [[name, sharedWith] as const] : [])));
  const frozen = new Set(specs.flatMap(({ name, kind }) => (kind === 'frozen' ? [name] : [])));
  const updates = new Map<string, Tensor>();
  const resolve = (name: string) => aliases.get(name) ?? name;
  return {
    training,
    batchStatistics: batchStatistics ?? training,
    updates,
    parameter: (name) => {
      const tensor = tensors[resolve(name)];
      if (!tensor)
        throw new Error(
          `@detrain/nn: no tensor for parameter ${name}. Wanted one of the ${Object.keys(tensors).length} given. Pass the model's whole state dict.`,
        );
      return tensor;
    },
    isFrozen: (name) => frozen.has(name),
    update: (name, value) => {
      updates.set(resolve(name), value);
    },
    ...(observe ? { observe } : {}),
  };
};
