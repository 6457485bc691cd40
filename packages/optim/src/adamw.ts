import type { HostTensor, HostTensors } from '@detrain/core';
import { floatsOf } from './floats.ts';
import type { ParameterGroup } from './groups.ts';
import { createKernels, inParts, padded } from './kernels.ts';

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

/** A parameter's moments: where they lie in the memory of the kernels, as byte offsets. */
interface Moments {
  step: number;
  readonly length: number;
  readonly first: number;
  readonly second: number;
}

const prefixes = { step: 'step.', first: 'exp_avg.', second: 'exp_avg_sq.' } as const;

/**
 * AdamW with decoupled weight decay, as `torch.optim.AdamW` computes it (Loshchilov and Hutter, 2019, algorithm 2):
 * `p -= lr * wd * p`, then the Adam step. Each parameter counts its own steps, as in torch; one without a gradient is
 * left alone. Moments and arithmetic are float32; decay and step are one subtraction, where torch rounds twice.
 *
 * @throws when a name is in two groups
 */
export const createAdamW = ({ groups, betas = [0.9, 0.999], eps = 1e-8 }: AdamWOptions): Optimizer => {
  const [beta1, beta2] = betas;
  const moments = new Map<string, Moments>();
  let kernels = createKernels();
  const groupOf = new Map<string, ParameterGroup>();
  for (const group of groups)
    for (const name of group.names) {
      if (groupOf.has(name))
        throw new Error(
          `@detrain/optim: ${name} is in two groups. Wanted each in one. Build groups with parameterGroups().`,
        );
      groupOf.set(name, group);
    }

  const startOf = (length: number, step = 0): Moments => ({
    step,
    length,
    first: kernels.allocate(length),
    second: kernels.allocate(length),
  });

  const stepOne = (name: string, parameter: HostTensor, gradient: HostTensor, rate: number, decay: number) => {
    const p = floatsOf(name, parameter, parameter.data.length);
    const g = floatsOf(`the gradient of ${name}`, gradient, p.length);
    const state = moments.get(name) ?? startOf(p.length);
    moments.set(name, state);
    const { length, first, second } = state;
    floatsOf(`the moment of ${name}`, { shape: [], dtype: 'float32', data: kernels.view(first, length) }, p.length);
    state.step++;
    const size = rate / (1 - beta1 ** state.step);
    const correction = 1 / Math.sqrt(1 - beta2 ** state.step);
    const { adamw, view, slots } = kernels;
    const [x, y] = slots;
    inParts(length, (start, count) => {
      const part = p.subarray(start, start + count);
      const values = view(x, count);
      const moved = start * Float32Array.BYTES_PER_ELEMENT;
      values.set(part);
      view(y, count).set(g.subarray(start, start + count));
      // biome-ignore format: one line a formula
      adamw(
        x, y, first + moved, second + moved, padded(count),
        rate * decay, beta1, 1 - beta1, beta2, 1 - beta2, size, correction, eps,
      );
      part.set(values);
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
      for (const [name, { step, length, first, second }] of moments) {
        const shape = [length];
        state[prefixes.step + name] = { shape: [], dtype: 'int32', data: Int32Array.of(step) };
        state[prefixes.first + name] = { shape, dtype: 'float32', data: kernels.view(first, length).slice() };
        state[prefixes.second + name] = { shape, dtype: 'float32', data: kernels.view(second, length).slice() };
      }
      return state;
    },
    load: (state) => {
      const loaded = new Map<string, { step: number; first: Float32Array; second: Float32Array }>();
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
        loaded.set(name, { step: tensor.data[0] ?? 0, first, second });
      }
      moments.clear();
      // A new memory, as one cannot be emptied.
      kernels = createKernels();
      for (const [name, { step, first, second }] of loaded) {
        const place = startOf(first.length, step);
        kernels.view(place.first, place.length).set(first);
        kernels.view(place.second, place.length).set(second);
        moments.set(name, place);
      }
    },
  };
};

const tensorLength = (state: HostTensors, name: string) => state[prefixes.first + name]?.data.length ?? 0;
