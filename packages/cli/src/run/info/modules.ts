import type { ParameterSpec } from '@detrain/core/tensors';

/** A tensor's module, `depth` levels deep; a place in a list belongs to its list's level: `backbone.stages.0`. */
export const moduleAt = (name: string, depth: number): string => {
  const parts = name.split('.').slice(0, -1);
  const kept: string[] = [];
  let level = 0;
  for (const part of parts) {
    const isPlace = /^\d+$/.test(part);
    if (!isPlace && ++level > depth) break;
    kept.push(part);
  }
  return kept.join('.') || name;
};

/** The sum of what belongs to each module, in order of appearance. */
export const sumByModule = (
  values: Iterable<readonly [name: string, value: number]>,
  depth: number,
): Map<string, number> => {
  const sums = new Map<string, number>();
  for (const [name, value] of values) {
    const module = moduleAt(name, depth);
    sums.set(module, (sums.get(module) ?? 0) + value);
  }
  return sums;
};

/** Frozen tensors that PyTorch keeps as buffers: running statistics, scales of sampling points, RoPE's periods, the mask of key biases. */
const BUFFER = /\.(running_mean|running_var|num_points_scale|periods|bias_mask)$/;

/**
 * Numbers of a model's parameters by name, as PyTorch counts `model.parameters()`: what is or could be learnt, each shared tensor
 * once; no buffers, which frozen batch norms are, too.
 */
export const parameterCounts = (specs: readonly ParameterSpec[]): readonly (readonly [string, number])[] => {
  const kinds = new Map(specs.map(({ name, kind }) => [name, kind]));
  const isFrozenNorm = ({ name }: ParameterSpec) =>
    /\.(weight|bias)$/.test(name) && kinds.get(name.replace(/\.\w+$/, '.running_mean')) === 'frozen';
  const isBuffer = (spec: ParameterSpec) =>
    (spec.kind !== 'trainable' && spec.kind !== 'frozen') ||
    BUFFER.test(spec.name) ||
    (spec.kind === 'frozen' && isFrozenNorm(spec));
  return specs.flatMap((spec) =>
    isBuffer(spec) || spec.sharedWith !== undefined
      ? []
      : [[spec.name, spec.shape.reduce((product, side) => product * side, 1)] as const],
  );
};
