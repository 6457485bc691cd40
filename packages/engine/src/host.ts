import type { DType, HostTensor, HostTensors, TensorSpec } from '@detrain/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { fail } from './error.ts';
import { tf } from './tf.ts';
import type { Tensors } from './types.ts';

/** Elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, extent) => size * extent, 1);

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/** Zeros of a shape. */
export const zeros = (shape: readonly number[], dtype: DType = 'float32'): HostTensor => ({
  shape,
  dtype,
  data: new arrays[dtype](sizeOf(shape)),
});

/** Throws where the data of a tensor do not fit its type or shape. */
export const checkHostTensor = (name: string, tensor: HostTensor): void => {
  const wanted = arrays[tensor.dtype];
  if (!wanted)
    fail(
      `'${name}' is of type ${tensor.dtype}`,
      'float32, int32 or bool',
      'Convert it before it is passed to the engine',
    );
  if (!(tensor.data instanceof wanted))
    fail(`'${name}' (${tensor.dtype}) holds ${tensor.data?.constructor.name}`, wanted.name, 'Convert its data');
  if (tensor.data.length !== sizeOf(tensor.shape))
    fail(
      `'${name}' of shape [${tensor.shape.join(', ')}] holds ${tensor.data.length} elements`,
      `${sizeOf(tensor.shape)}`,
      'Correct its shape or its data',
    );
};

/** Shape and type of every tensor. Throws where one does not fit. */
export const specsOf = (tensors: HostTensors): Record<string, TensorSpec> => {
  const specs: Record<string, TensorSpec> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    checkHostTensor(name, tensor);
    specs[name] = { shape: tensor.shape, dtype: tensor.dtype };
  }
  return specs;
};

/** Throws where targets are missing, unknown or of another shape than the program announced. */
export const checkTargets = (program: string, targets: HostTensors, specs: Record<string, TensorSpec>): void => {
  for (const [name, spec] of Object.entries(specs)) {
    const target = targets[name];
    if (!target)
      fail(
        `assign gave no target '${name}' to ${program}`,
        'one for each name of `targets()`',
        'Return it from `assign`',
      );
    else {
      checkHostTensor(name, target);
      if (target.dtype !== spec.dtype || target.shape.join() !== spec.shape.join())
        fail(
          `assign gave '${name}' as ${target.dtype} [${target.shape.join(', ')}]`,
          `${spec.dtype} [${spec.shape.join(', ')}], as \`targets()\` of ${program} says`,
          'Pad the targets to the fixed shape',
        );
    }
  }
  for (const name of Object.keys(targets))
    if (!specs[name])
      fail(`assign gave '${name}'`, `one of ${Object.keys(specs).join(', ')}`, 'Announce it in `targets()`');
};

/** The tfjs tensors of host tensors; on the cpu backend they share their data. */
export const toTensors = (tensors: HostTensors): Tensors => {
  const out: Tensors = {};
  for (const [name, { data, shape, dtype }] of Object.entries(tensors)) out[name] = tf.tensor(data, [...shape], dtype);
  return out;
};

/** A tensor's values in an array of their own: backends may hand out their inner one, and gradients may share one. */
export const toHost = (tensor: Tensor): HostTensor => {
  const dtype = tensor.dtype as DType;
  return { shape: tensor.shape, dtype, data: arrays[dtype].from(tensor.dataSync()) };
};

/** `toHost` for every tensor. */
export const toHosts = (tensors: Tensors): Record<string, HostTensor> => {
  const out: Record<string, HostTensor> = {};
  for (const [name, tensor] of Object.entries(tensors)) out[name] = toHost(tensor);
  return out;
};
