import type { HostTensor, HostTensors } from '@detrain/core';
import { floats } from './floats.ts';

/** The l2 norm of all gradients together, summed in float64. */
export const globalNorm = (gradients: HostTensors | ReadonlyMap<string, HostTensor>): number => {
  let total = 0;
  for (const [name, gradient] of entriesOf(gradients)) total += squares(floats(name, gradient));
  return Math.sqrt(total);
};

/** Four running sums, so that one addition need not wait for the last. */
const squares = (data: Float32Array): number => {
  const even = data.length & ~3;
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < even; i += 4) {
    const x = data[i] as number;
    const y = data[i + 1] as number;
    const z = data[i + 2] as number;
    const w = data[i + 3] as number;
    a += x * x;
    b += y * y;
    c += z * z;
    d += w * w;
  }
  for (let i = even; i < data.length; i++) a += (data[i] as number) * (data[i] as number);
  return a + b + c + d;
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
  for (const [name, gradient] of entriesOf(gradients)) {
    const data = floats(name, gradient);
    for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) * scale;
  }
  return norm;
};
