import type { HostTensor, HostTensors } from '@detrain/core';
import { floats } from './floats.ts';
import { inParts, padded, sharedKernels } from './kernels.ts';

/** The l2 norm of all gradients together, summed in float64. */
export const globalNorm = (gradients: HostTensors | ReadonlyMap<string, HostTensor>): number => {
  let total = 0;
  for (const [name, gradient] of entriesOf(gradients)) total += squaresOf(floats(name, gradient));
  return Math.sqrt(total);
};

const squaresOf = (data: Float32Array): number => {
  const { squares, view, slots } = sharedKernels();
  let total = 0;
  inParts(data.length, (start, count) => {
    const values = view(slots[0], padded(count));
    values.set(data.subarray(start, start + count));
    values.fill(0, count);
    total += squares(slots[0], values.length);
  });
  return total;
};

const entriesOf = (tensors: HostTensors | ReadonlyMap<string, HostTensor>): Iterable<[string, HostTensor]> =>
  tensors instanceof Map ? tensors.entries() : Object.entries(tensors as HostTensors);

/**
 * Scales all gradients in place by `min(1, max / (norm + 1e-6))`, as torch's `clip_grad_norm_` does.
 *
 * @returns the norm before clipping; NaN and Infinity are returned as they are, and the gradients left alone.
 */
export const clipByGlobalNorm = (gradients: HostTensors | ReadonlyMap<string, HostTensor>, max: number): number => {
  const norm = globalNorm(gradients);
  const scale = max / (norm + 1e-6);
  if (!(scale < 1) || !Number.isFinite(norm)) return norm;
  for (const [name, gradient] of entriesOf(gradients)) scaleInPlace(floats(name, gradient), scale);
  return norm;
};

const scaleInPlace = (data: Float32Array, factor: number): void => {
  const { scale, view, slots } = sharedKernels();
  inParts(data.length, (start, count) => {
    const part = data.subarray(start, start + count);
    const values = view(slots[0], count);
    values.set(part);
    scale(slots[0], padded(count), factor);
    part.set(values);
  });
};
