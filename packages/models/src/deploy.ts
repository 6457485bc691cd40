import type { HostTensor } from '@detrain/core';
import { isInput } from '@detrain/nn';
import { createDetector, type ZooDetector } from './detector.ts';

const EPS = 1e-5;

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
  const scale = Float64Array.from(gain, (g, c) => g / Math.sqrt((variance[c] as number) + EPS));
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

/** The batch norm that follows a convolution, by the names in use. */
const normOf = (parameters: Tensors, conv: string): string => {
  const parent = conv.slice(0, conv.lastIndexOf('.') + 1);
  const norm = ['bn', 'norm', '2'].find((part) => parameters.has(`${parent}${part}.running_mean`));
  if (norm) return `${parent}${norm}`;
  throw new Error(`@detrain/models: no batch norm beside ${conv}. One is wanted to fold. Pass the trained state dict.`);
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
      ? fold(parameters, conv, normOf(parameters, conv))
      : foldBranches(parameters, conv.slice(0, conv.lastIndexOf('.')));
    result.set(`${conv}.weight`, host(folded.shape, folded.weight));
    result.set(name, host([folded.bias.length], folded.bias));
  }
  for (const { name } of specs) if (!result.has(name)) result.set(name, find(parameters, name));
  return { detector: deployed, parameters: result };
};
