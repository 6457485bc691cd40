import type { ParameterSpec, Pass } from '@detrain/core/tensors';
import type { Initialiser } from './initialisers.ts';

/** A plain function of tensors with named parameters; it holds no tensors itself. */
export interface Module<I, O> {
  /** Every tensor of the module's state dict, in the official order. */
  readonly parameters: readonly ParameterSpec[];
  forward(x: I, pass: Pass): O;
}

/** One trainable (or otherwise named) tensor of a module, in PyTorch's layout. */
export const parameter = (
  name: string,
  shape: readonly number[],
  initialiser: Initialiser,
  kind: ParameterSpec['kind'] = 'trainable',
): ParameterSpec => ({ name, shape, kind, init: (rng) => initialiser(shape, rng) });

/** The parameters of several modules, in order. */
export const parametersOf = (...modules: readonly { readonly parameters: readonly ParameterSpec[] }[]) =>
  modules.flatMap((module) => module.parameters);

/** The same module with every trainable parameter frozen. */
export const freeze = <I, O>(module: Module<I, O>): Module<I, O> => ({
  parameters: module.parameters.map((spec) =>
    spec.kind === 'trainable' ? { ...spec, kind: 'frozen' as const } : spec,
  ),
  forward: module.forward,
});

/** Modules run one after another. */
export const sequential = <T>(...modules: readonly Module<T, T>[]): Module<T, T> => ({
  parameters: parametersOf(...modules),
  forward: (x, pass) => modules.reduce((value, module) => module.forward(value, pass), x),
});

/** The module that returns its input. */
export const identity = <T>(): Module<T, T> => ({ parameters: [], forward: (x) => x });

/** A module from a plain function without parameters. */
export const lambda = <I, O>(forward: (x: I) => O): Module<I, O> => ({ parameters: [], forward });
