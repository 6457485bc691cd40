import type { HostTensor } from '@detrain/core';

/** A tensor's data, which must be float32. Throws with the tensor's name otherwise. */
export const floats = (name: string, tensor: HostTensor | undefined): Float32Array => {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new Error(
    `@detrain/optim: ${name} is ${tensor ? tensor.dtype : 'missing'}. Wanted a float32 tensor. ` +
      'Pass only trainable tensors, each with its gradient.',
  );
};

/** As {@link floats}, and of the given length. */
export const floatsOf = (name: string, tensor: HostTensor | undefined, length: number): Float32Array => {
  const data = floats(name, tensor);
  if (data.length === length) return data;
  throw new Error(
    `@detrain/optim: ${name} has ${data.length} elements. Wanted ${length}, as its parameter has. ` +
      'Use the state and gradients of the same model.',
  );
};
