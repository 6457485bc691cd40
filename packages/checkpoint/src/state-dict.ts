import { createRng, fail, type HostTensor } from '@detrain/core';
import type { ParameterSpec } from '@detrain/core/tensors';
import type { StoredTensor } from './dtypes.ts';
import type { TensorsToWrite } from './safetensors.ts';

/** The one buffer of a state dict that PyTorch keeps as booleans. */
const isMask = (name: string) => name.endsWith('.valid_mask');

const derived = ({ name, shape, init }: ParameterSpec): StoredTensor | HostTensor => {
  const data = init(createRng(name));
  return isMask(name) ? { dtype: 'BOOL', shape, data: Uint8Array.from(data) } : { dtype: 'float32', shape, data };
};

const ZERO: StoredTensor = { dtype: 'I64', shape: [], data: new BigInt64Array(1) };

/**
 * A model's whole state dict, under the official names and in their order, so that the official module loads it with
 * `strict=True`: shared tensors under every name they have, batch counters (int64) as zero, anchors and their mask.
 *
 * @throws when a parameter is missing
 */
export const stateDict = (
  specs: readonly ParameterSpec[],
  parameters: ReadonlyMap<string, HostTensor>,
): TensorsToWrite =>
  Object.fromEntries(
    specs.map((spec) => {
      const { name, kind, sharedWith } = spec;
      if (kind === 'counter') return [name, ZERO];
      if (kind === 'derived') return [name, derived(spec)];
      const tensor = parameters.get(sharedWith ?? name);
      if (!tensor)
        fail(
          '@detrain/checkpoint',
          `no tensor ${sharedWith ?? name}`,
          'Wanted all of the model',
          'Pass its parameters',
        );
      return [name, tensor];
    }),
  );
