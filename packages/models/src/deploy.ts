import type { HostTensor } from '@detrain/core';
import { BATCH_NORM_EPS, isInput } from '@detrain/nn';
import { createDetector, type ZooDetector } from './detector.ts';

type Tensors = ReadonlyMap<string, HostTensor>;

interface Folded {
  readonly shape: readonly number[];
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

const find = (parameters: Tensors, name: string): HostTensor => {
  const tensor = parameters.get(name);
  if (tensor) return tensor;
  throw new Error(
    `@detrain/models: no tensor ${name} to deploy. The model's whole state dict is wanted. Load it first.`,
  );
};

/** A convolution and its batch norm as one convolution with bias. */
const fold = (parameters: Tensors, conv: string, norm: string): Folded => {
  const { shape, data } = find(parameters, `${conv}.weight`);
  const [gain, shift, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(
    (part) => find(parameters, `${norm}.${part}`).data,
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const out = shape[0] as number;
  const row = data.length / out;
  const scale = Float64Array.from(gain, (g, c) => g / Math.sqrt((variance[c] as number) + BATCH_NORM_EPS));
  return {
    shape,
    weight: Float64Array.from(data, (value, i) => value * (scale[Math.floor(i / row)] as number)),
    bias: Float64Array.from(shift, (b, c) => b - (mean[c] as number) * (scale[c] as number)),
  };
};

/** A RepVGG block's 3x3 and 1x1 branches as one 3x3 convolution: the 1x1 is its centre. */
const foldBranches = (parameters: Tensors, block: string): Folded => {
  const wide = fold(parameters, `${block}.conv1.conv`, `${block}.conv1.norm`);
  const narrow = fold(parameters, `${block}.conv2.conv`, `${block}.conv2.norm`);
  return {
    shape: wide.shape,
    weight: wide.weight.map((value, i) => (i % 9 === 4 ? value + (narrow.weight[(i - 4) / 9] as number) : value)),
    bias: wide.bias.map((value, c) => value + (narrow.bias[c] as number)),
  };
};

/**
 * The batch norm of a convolution: the one that follows it in the state dict.
 *
 * @param names of the trained model's tensors, in the official order
 * @returns undefined where none follows
 */
export const findNorm = (names: ReadonlySet<string>, conv: string): string | undefined => {
  const order = [...names];
  const next = order[order.indexOf(`${conv}.weight`) + 1] ?? '';
  const norm = next.slice(0, Math.max(0, next.lastIndexOf('.')));
  return names.has(`${norm}.running_mean`) ? norm : undefined;
};

const normOf = (names: ReadonlySet<string>, conv: string): string => {
  const norm = findNorm(names, conv);
  if (norm) return norm;
  throw new Error(`@detrain/models: no batch norm after ${conv}. One is wanted to fold. Pass the trained state dict.`);
};

/**
 * A detector for inference: batch norms folded into convolutions, RepVGG branches into one, training heads dropped.
 * Its outputs equal the given one's up to rounding.
 *
 * @throws when a tensor of the state dict is missing.
 */
export const deploy = (
  detector: ZooDetector,
  parameters: Tensors,
): { readonly detector: ZooDetector; readonly parameters: Map<string, HostTensor> } => {
  const deployed = createDetector({ ...detector.config, deployed: true });
  const result = new Map<string, HostTensor>();
  const names = new Set(detector.parameters.map(({ name }) => name));
  const specs = deployed.parameters.filter(isInput);
  const host = (shape: readonly number[], data: ArrayLike<number>): HostTensor => ({
    shape,
    dtype: 'float32',
    data: Float32Array.from(data),
  });
  for (const { name } of specs) {
    // A bias that the trained model lacks is a folded batch norm's.
    if (!name.endsWith('.bias') || parameters.has(name)) continue;
    const conv = name.slice(0, -'.bias'.length);
    const folded = parameters.has(`${conv}.weight`)
      ? fold(parameters, conv, normOf(names, conv))
      : foldBranches(parameters, conv.slice(0, conv.lastIndexOf('.')));
    result.set(`${conv}.weight`, host(folded.shape, folded.weight));
    result.set(name, host([folded.bias.length], folded.bias));
  }
  for (const { name } of specs) if (!result.has(name)) result.set(name, find(parameters, name));
  return { detector: deployed, parameters: result };
};
