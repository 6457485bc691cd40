import { fail, type HostTensor } from '@detrain/core';

/** Where tensors lie side by side in shared memory; it can be sent to other threads. */
export interface SharedTensors {
  readonly memory: SharedArrayBuffer;
  readonly places: Readonly<Record<string, { readonly offset: number; readonly shape: readonly number[] }>>;
  /** Numbers in all. */
  readonly length: number;
}

/** Room for tensors of these names and shapes, filled with zeros. Throws where one is not float32. */
export const sharedTensors = (tensors: ReadonlyMap<string, HostTensor>): SharedTensors => {
  const places: Record<string, { offset: number; shape: readonly number[] }> = {};
  let length = 0;
  for (const [name, { shape, dtype, data }] of tensors) {
    if (dtype !== 'float32')
      fail('trainer', `parameter '${name}' is ${dtype}`, 'Workers share float32 tensors', 'Convert it');
    places[name] = { offset: length, shape };
    length += data.length;
  }
  return { memory: new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT), places, length };
};

/** A view of a shared tensor. Throws where there is none of that name. */
export const viewOf = ({ memory, places }: SharedTensors, name: string): HostTensor & { data: Float32Array } => {
  const place = places[name];
  if (!place)
    return fail(
      'trainer',
      `no shared tensor '${name}'`,
      `There are ${Object.keys(places).length} of other names`,
      'Build the same detector in every thread',
    );
  const { offset, shape } = place;
  const length = shape.reduce((size, extent) => size * extent, 1);
  return {
    shape,
    dtype: 'float32',
    data: new Float32Array(memory, offset * Float32Array.BYTES_PER_ELEMENT, length),
  };
};
