import type { HostTensor, HostTensors } from '@detrain/core';
import { floatsOf } from './floats.ts';
import type { ParameterGroup } from './groups.ts';

/** What changes parameters, by name and in place. */
export interface Optimizer {
  readonly groups: readonly ParameterGroup[];
  /**
   * One update of every parameter that has a gradient.
   *
   * @param rate a multiplier of each group's learning rate, or a function from the group's rate to the rate to use
   * @throws when a gradient is not float32 or not of its parameter's length
   */
  step(
    parameters: ReadonlyMap<string, HostTensor>,
    gradients: HostTensors,
    rate?: number | ((base: number, group: ParameterGroup) => number),
  ): void;
  /** All moments and step counts, ready for a safetensors file; the tensors are copies. */
  state(): Record<string, HostTensor>;
  /** Restores what {@link Optimizer.state} gave. Throws when moments are missing for a step count or unknown names are there. */
  load(state: HostTensors): void;
}

export interface AdamWOptions {
  readonly groups: readonly ParameterGroup[];
  /** Decay rates of the two moments. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  readonly eps?: number;
}

interface Moments {
  step: number;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

interface Coefficients {
  /** 1 - learning rate * weight decay. */
  readonly keep: number;
  readonly beta1: number;
  readonly beta2: number;
  /** learning rate / (1 - beta1^step). */
  readonly size: number;
  /** 1 / sqrt(1 - beta2^step). */
  readonly correction: number;
  readonly eps: number;
}

/** The hot loop, kept free of everything else so that it compiles to straight float code. */
const update = (p: Float32Array, g: Float32Array, m: Float32Array, v: Float32Array, c: Coefficients): void => {
  const { keep, beta1, beta2, size, correction, eps } = c;
  const rest1 = 1 - beta1;
  const rest2 = 1 - beta2;
  for (let i = 0, n = p.length; i < n; i++) {
    const gradient = g[i] as number;
    const first = Math.fround((m[i] as number) * beta1 + gradient * rest1);
    const second = Math.fround((v[i] as number) * beta2 + gradient * gradient * rest2);
    m[i] = first;
    v[i] = second;
    p[i] = (p[i] as number) * keep - (size * first) / (Math.sqrt(second) * correction + eps);
  }
};

const prefixes = { step: 'step.', first: 'exp_avg.', second: 'exp_avg_sq.' } as const;

const startOf = (length: number): Moments => ({
  step: 0,
  first: new Float32Array(length),
  second: new Float32Array(length),
});

/**
 * AdamW with decoupled weight decay, as `torch.optim.AdamW` computes it (Loshchilov and Hutter, 2019, algorithm 2):
 * `p -= lr * wd * p`, then the Adam step. Each parameter counts its own steps, as in torch; one without a gradient is
 * left alone. Moments are float32; within an element arithmetic is float64.
 *
 * @throws when a name is in two groups
 */
export const createAdamW = ({ groups, betas = [0.9, 0.999], eps = 1e-8 }: AdamWOptions): Optimizer => {
  const [beta1, beta2] = betas;
  const moments = new Map<string, Moments>();
  const groupOf = new Map<string, ParameterGroup>();
  for (const group of groups)
    for (const name of group.names) {
      if (groupOf.has(name))
        throw new Error(
          `@detrain/optim: ${name} is in two groups. Wanted each in one. Build groups with parameterGroups().`,
        );
      groupOf.set(name, group);
    }

  const stepOne = (name: string, parameter: HostTensor, gradient: HostTensor, rate: number, decay: number) => {
    const p = floatsOf(name, parameter, parameter.data.length);
    const g = floatsOf(`the gradient of ${name}`, gradient, p.length);
    const state = moments.get(name) ?? startOf(p.length);
    moments.set(name, state);
    floatsOf(`the moment of ${name}`, { shape: [], dtype: 'float32', data: state.first }, p.length);
    state.step++;
    update(p, g, state.first, state.second, {
      keep: 1 - rate * decay,
      beta1,
      beta2,
      size: rate / (1 - beta1 ** state.step),
      correction: 1 / Math.sqrt(1 - beta2 ** state.step),
      eps,
    });
  };

  return {
    groups,
    step: (parameters, gradients, rate = 1) => {
      for (const group of groups) {
        const current = typeof rate === 'number' ? group.learningRate * rate : rate(group.learningRate, group);
        for (const name of group.names) {
          const parameter = parameters.get(name);
          const gradient = gradients[name];
          if (parameter && gradient) stepOne(name, parameter, gradient, current, group.weightDecay);
        }
      }
    },
    state: () => {
      const state: Record<string, HostTensor> = {};
      for (const [name, { step, first, second }] of moments) {
        const shape = [first.length];
        state[prefixes.step + name] = { shape: [], dtype: 'int32', data: Int32Array.of(step) };
        state[prefixes.first + name] = { shape, dtype: 'float32', data: first.slice() };
        state[prefixes.second + name] = { shape, dtype: 'float32', data: second.slice() };
      }
      return state;
    },
    load: (state) => {
      const loaded = new Map<string, Moments>();
      for (const [key, tensor] of Object.entries(state)) {
        if (!key.startsWith(prefixes.step)) continue;
        const name = key.slice(prefixes.step.length);
        if (!groupOf.has(name))
          throw new Error(
            `@detrain/optim: the state knows ${name}, no group does. Wanted the same names. ` +
              'Resume with the model and groups of the saved run.',
          );
        const first = floatsOf(prefixes.first + name, state[prefixes.first + name], tensorLength(state, name));
        const second = floatsOf(prefixes.second + name, state[prefixes.second + name], first.length);
        loaded.set(name, { step: tensor.data[0] ?? 0, first: first.slice(), second: second.slice() });
      }
      moments.clear();
      for (const [name, value] of loaded) moments.set(name, value);
    },
  };
};

const tensorLength = (state: HostTensors, name: string) => state[prefixes.first + name]?.data.length ?? 0;
