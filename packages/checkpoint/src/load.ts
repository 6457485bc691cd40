import { createRng, type HostTensor } from '@detrain/core';
import type { ParameterSpec } from '@detrain/core/tensors';
import { type StoredTensor, toHost, toStored } from './dtypes.ts';
import { complaint, type LoadReport } from './load-report.ts';
import { isRecomputed, missingPrefix } from './names.ts';

/** A report and the tensors that fit, copied, under the model's names. */
export interface LoadedWeights extends LoadReport {
  readonly parameters: ReadonlyMap<string, HostTensor>;
}

export interface LoadOptions {
  /** Take what fits and only report the rest (fine-tuning on other classes). Default false: throw. */
  readonly partial?: boolean;
  /** Changes a file's name to the model's; null leaves the tensor out. */
  readonly rename?: (name: string) => string | null;
}

type Tensor = HostTensor | StoredTensor;
type Tensors = Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>;

/** Tensors that are no input of a model: made from its configuration, or counted but never used. */
const optional = new Set<ParameterSpec['kind']>(['derived', 'counter']);

const entriesOf = (tensors: Tensors): Iterable<readonly [string, Tensor]> =>
  tensors instanceof Map ? tensors : Object.entries(tensors);

/** A file's tensors under the model's names, and the names that the model does not know. */
const byModelName = (specs: readonly ParameterSpec[], tensors: Tensors, rename: (name: string) => string | null) => {
  const renamed = [...entriesOf(tensors)].flatMap(([name, tensor]) => {
    const target = rename(name);
    return target === null || isRecomputed(target) ? [] : [{ name, target, tensor }];
  });
  const known = specs.map(({ name }) => name);
  const prefix = missingPrefix(
    known,
    renamed.map(({ target }) => target),
  );
  const knownSet = new Set(known);
  const found = new Map<string, Tensor>();
  const unexpected: string[] = [];
  for (const { name, target, tensor } of renamed)
    if (knownSet.has(prefix + target)) found.set(prefix + target, tensor);
    else unexpected.push(name);
  for (const { name, sharedWith } of specs) {
    const alias = found.get(name);
    if (sharedWith !== undefined && alias && !found.has(sharedWith)) found.set(sharedWith, alias);
  }
  return { found, unexpected, prefix };
};

const sameShape = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((side, i) => side === b[i]);

/** Parameters are float32, whatever the file has: official ones keep `reg_scale` as int64, exporters shrink to halves. */
const floatCopy = (tensor: Tensor): HostTensor => {
  const { shape, data } = toHost(toStored(tensor));
  return { shape, dtype: 'float32', data: Float32Array.from(data) };
};

/** A constant of the configuration; its initialiser draws nothing. */
const recomputed = ({ name, shape, init }: ParameterSpec): HostTensor => ({
  shape,
  dtype: 'float32',
  data: init(createRng(name)),
});

/**
 * Fits a file's tensors to a model's parameters by name and shape, as float32.
 *
 * Tensors shared under several names are taken from their own name, or else from any alias. Anchors, point scales and
 * counters are neither required nor taken: point scales are returned as the model computes them, the others not at all.
 * A file of a backbone alone (ImageNet weights, names without `backbone.`) is recognised; it needs `partial`.
 *
 * @throws when anything is missing, unexpected or of another shape, unless `partial`.
 */
export const loadWeights = (
  specs: readonly ParameterSpec[],
  tensors: Tensors,
  { partial = false, rename = (name) => name }: LoadOptions = {},
): LoadedWeights => {
  const { found, unexpected, prefix } = byModelName(specs, tensors, rename);
  const parameters = new Map<string, HostTensor>();
  const missing: string[] = [];
  const mismatched: { name: string; expected: readonly number[]; found: readonly number[] }[] = [];
  for (const spec of specs) {
    const { name, shape, kind, sharedWith } = spec;
    if (optional.has(kind) || sharedWith !== undefined) continue;
    const tensor = found.get(name);
    if (isRecomputed(name)) parameters.set(name, recomputed(spec));
    else if (!tensor) missing.push(name);
    else if (sameShape(tensor.shape, shape)) parameters.set(name, floatCopy(tensor));
    else mismatched.push({ name, expected: shape, found: tensor.shape });
  }
  const report = { missing, unexpected, mismatched, prefix };
  const wrong = complaint(report);
  if (wrong && !partial)
    throw new Error(
      `@detrain/checkpoint: the weights fit only in part (${wrong}). Wanted every tensor of the model and no other. ` +
        (prefix
          ? `The file holds the part under "${prefix}" alone: pass partial: true to take it and leave the rest as it is.`
          : 'Check that the file belongs to this model, or pass partial: true to take what fits.'),
    );
  return { parameters, ...report };
};
