import type { HostTensor, HostTensors } from '@detrain/core';
import { floatsOf } from './floats.ts';
import { inParts, padded, sharedKernels } from './kernels.ts';

/** A moving average of a model's floating tensors, running statistics included. */
export interface Ema {
  /** The averages, by name. */
  readonly parameters: ReadonlyMap<string, HostTensor>;
  /** Updates so far. */
  readonly updates: number;
  /** Moves each average towards the current value. Throws when a tensor is missing or changed its length. */
  update(parameters: ReadonlyMap<string, HostTensor>): void;
  /** The decay that update number `n` (from 1) uses. */
  decayAt(n: number): number;
  /** Changes the decay from now on: what D-FINE's restart of the average intends, and its code does not do. */
  setDecay(decay: number): void;
  /** Averages (under `ema.`), decay and count, ready for a safetensors file; the tensors are copies. */
  state(): Record<string, HostTensor>;
  /** Restores what {@link Ema.state} gave, bit for bit. */
  load(state: HostTensors): void;
}

export interface EmaOptions {
  /** The final decay. Default 0.9999. */
  readonly decay?: number;
  /** Updates over which the decay rises: `decay * (1 - exp(-n / warmups))`; 0 for none. Default 1000. */
  readonly warmups?: number;
}

const PREFIX = 'ema.';
/** Decay as the two 32-bit halves of its float64, and the count: no float32 rounding on the way to a file. */
const COUNTERS = 'counters';

/** `average * decay + value * (1 - decay)`, as a step of at most half the way from the nearer one: exact where both are equal. */
const blendInPlace = (average: Float32Array, value: Float32Array, decay: number): void => {
  const { blend, view, slots } = sharedKernels();
  const [from, to] = decay < 0.5 ? [value, average] : [average, value];
  const share = Math.min(decay, 1 - decay);
  inParts(average.length, (start, count) => {
    const [x, y] = [view(slots[0], count), view(slots[1], count)];
    x.set(from.subarray(start, start + count));
    y.set(to.subarray(start, start + count));
    blend(slots[0], slots[1], padded(count), share);
    average.set(x, start);
  });
};

/** Starts an average at the current values; only float32 tensors are averaged (specs: counters never are). */
export const createEma = (
  parameters: ReadonlyMap<string, HostTensor>,
  { decay = 0.9999, warmups = 1000 }: EmaOptions = {},
): Ema => {
  const averages = new Map<string, HostTensor>();
  for (const [name, tensor] of parameters)
    if (tensor.dtype === 'float32') averages.set(name, { ...tensor, data: tensor.data.slice() });
  let current = decay;
  let updates = 0;
  const decayAt = (n: number) => (warmups > 0 ? current * (1 - Math.exp(-n / warmups)) : current);
  return {
    parameters: averages,
    get updates() {
      return updates;
    },
    decayAt,
    setDecay: (value) => {
      current = value;
    },
    update: (values) => {
      const d = decayAt(++updates);
      for (const [name, average] of averages)
        blendInPlace(average.data as Float32Array, floatsOf(name, values.get(name), average.data.length), d);
    },
    state: () => {
      const state: Record<string, HostTensor> = {};
      for (const [name, tensor] of averages) state[PREFIX + name] = { ...tensor, data: tensor.data.slice() };
      const halves = new Int32Array(Float64Array.of(current).buffer);
      state[COUNTERS] = { shape: [3], dtype: 'int32', data: Int32Array.of(...halves, updates) };
      return state;
    },
    load: (state) => {
      const counters = state[COUNTERS];
      if (counters?.data.length !== 3)
        throw new Error(
          '@detrain/optim: the EMA state has no counters. Wanted what state() gave. Load the EMA part of a checkpoint.',
        );
      for (const [name, average] of averages) floatsOf(PREFIX + name, state[PREFIX + name], average.data.length);
      for (const [name, average] of averages)
        (average.data as Float32Array).set(state[PREFIX + name]?.data as Float32Array);
      const [low, high, count] = counters.data as Int32Array;
      current = new Float64Array(Int32Array.of(low ?? 0, high ?? 0).buffer)[0] ?? decay;
      updates = count ?? 0;
    },
  };
};
