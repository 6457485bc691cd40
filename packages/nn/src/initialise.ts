import type { HostTensor, Rng } from '@detrain/core';
import type { ParameterSpec } from '@detrain/core/tensors';

/** Whether a spec is a tensor that programs take as an input of its own. */
export const isInput = (spec: ParameterSpec): boolean =>
  spec.sharedWith === undefined && spec.kind !== 'derived' && spec.kind !== 'counter';

/**
 * First values of a model's tensors, each drawn from the stream of its own name, so that a model's change leaves the
 * other tensors as they were. Shared tensors appear once, under the name they are shared with; derived tensors and
 * counters do not appear.
 *
 * @throws when two specs of the same name are no copies of each other, or an initialiser gives a wrong size.
 */
export const initialise = (specs: readonly ParameterSpec[], rng: Rng): Map<string, HostTensor> => {
  const result = new Map<string, HostTensor>();
  for (const spec of specs) {
    if (!isInput(spec)) continue;
    if (result.has(spec.name))
      throw new Error(`@detrain/nn: two parameters named ${spec.name}. Names must be unique. Mark one sharedWith.`);
    const data = spec.init(rng.fork(spec.name));
    const size = spec.shape.reduce((a, b) => a * b, 1);
    if (data.length !== size)
      throw new Error(
        `@detrain/nn: ${spec.name} was initialised with ${data.length} values. Shape [${spec.shape}] wants ${size}. Fix its init.`,
      );
    result.set(spec.name, { shape: spec.shape, dtype: 'float32', data });
  }
  return result;
};
