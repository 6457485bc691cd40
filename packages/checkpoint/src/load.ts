import type { HostTensor } from '@detrain/core';
import type { ParameterSpec } from '@detrain/core/tensors';
import { type StoredTensor, toHost, toStored } from './dtypes.ts';

/** How a file's tensors fit a model's. */
export interface LoadReport {
  /** Names of the model that the file lacks. */
  readonly missing: readonly string[];
  /** Names of the file that the model does not know. */
  readonly unexpected: readonly string[];
  /** Names both know with different shapes. */
  readonly mismatched: readonly {
    readonly name: string;
    readonly expected: readonly number[];
    readonly found: readonly number[];
  }[];
}

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

/** Buffers that some exporters store and nobody needs: recomputed, or counted but never used. */
const optional = new Set<ParameterSpec['kind']>(['derived', 'counter']);

const sample = (names: readonly string[]) =>
  `${names.slice(0, 5).join(', ')}${names.length > 5 ? `, … (${names.length} in all)` : ''}`;

const complain = ({ missing, unexpected, mismatched }: LoadReport): string =>
  [
    missing.length > 0 && `missing: ${sample(missing)}`,
    unexpected.length > 0 && `unexpected: ${sample(unexpected)}`,
    mismatched.length > 0 &&
      `other shape: ${sample(mismatched.map((m) => `${m.name} [${m.found}] for [${m.expected}]`))}`,
  ]
    .filter(Boolean)
    .join('; ');

/**
 * Fits a file's tensors to a model's parameters by name and shape.
 *
 * Tensors shared under several names are taken from their own name, or else from any alias. Derived tensors (anchors)
 * and counters are neither required nor returned.
 *
 * @throws when anything is missing, unexpected or of another shape, unless `partial`.
 */
export const loadWeights = (
  specs: readonly ParameterSpec[],
  tensors: Readonly<Record<string, HostTensor | StoredTensor>>,
  { partial = false, rename = (name) => name }: LoadOptions = {},
): LoadedWeights => {
  const found = new Map<string, HostTensor | StoredTensor>();
  const unexpected: string[] = [];
  const known = new Set(specs.map((spec) => spec.name));
  for (const [name, tensor] of Object.entries(tensors)) {
    const target = rename(name);
    if (target === null) continue;
    if (known.has(target)) found.set(target, tensor);
    else unexpected.push(name);
  }
  for (const { name, sharedWith } of specs) {
    const alias = found.get(name);
    if (sharedWith !== undefined && alias && !found.has(sharedWith)) found.set(sharedWith, alias);
  }
  const parameters = new Map<string, HostTensor>();
  const missing: string[] = [];
  const mismatched: { name: string; expected: readonly number[]; found: readonly number[] }[] = [];
  for (const { name, shape, kind, sharedWith } of specs) {
    if (optional.has(kind) || sharedWith !== undefined) continue;
    const tensor = found.get(name);
    if (!tensor) missing.push(name);
    else if (tensor.shape.length !== shape.length || tensor.shape.some((side, i) => side !== shape[i]))
      mismatched.push({ name, expected: shape, found: tensor.shape });
    else {
      const host = toHost(toStored(tensor));
      parameters.set(name, { ...host, data: host.data.slice() });
    }
  }
  const report = { missing, unexpected, mismatched };
  const complaint = complain(report);
  if (complaint && !partial)
    throw new Error(
      `@detrain/checkpoint: the weights fit only in part (${complaint}). Wanted every tensor of the model and no other. ` +
        'Check that the file belongs to this model, or pass partial: true to take what fits.',
    );
  return { parameters, ...report };
};
