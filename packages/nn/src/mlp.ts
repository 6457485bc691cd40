import type { Tensor } from '@tensorflow/tfjs-core';
import { type ActivationName, activation } from './activations.ts';
import { constant, type Initialiser } from './initialisers.ts';
import { linear } from './linear.ts';
import { type Module, parametersOf } from './module.ts';

/** Options of {@link mlp}. */
export interface MlpOptions {
  readonly in: number;
  readonly hidden: number;
  readonly out: number;
  readonly layers: number;
  /** Between layers, not after the last. Default relu. */
  readonly activation?: ActivationName;
  /** Whether the last layer starts at zero, as box heads do. Default false. */
  readonly zeroLast?: boolean;
  /** Overrides of the layers' weight initialisers, by index. */
  readonly weightInits?: readonly (Initialiser | undefined)[];
}

/** Linear layers `name.layers.i` with an activation between them. */
export const mlp = (name: string, options: MlpOptions): Module<Tensor, Tensor> => {
  const act = activation(options.activation ?? 'relu');
  const last = options.layers - 1;
  const layers = Array.from({ length: options.layers }, (_, i) => {
    const zero = i === last && options.zeroLast;
    const weightInit = zero ? constant(0) : options.weightInits?.[i];
    return linear(`${name}.layers.${i}`, {
      in: i === 0 ? options.in : options.hidden,
      out: i === last ? options.out : options.hidden,
      ...(weightInit ? { weightInit } : {}),
      ...(zero ? { biasInit: constant(0) } : {}),
    });
  });
  return {
    parameters: parametersOf(...layers),
    forward: (x, pass) =>
      layers.reduce((value, layer, i) => (i < last ? act(layer.forward(value, pass)) : layer.forward(value, pass)), x),
  };
};
