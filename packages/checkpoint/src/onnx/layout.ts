import type { HostTensor } from '@detrain/core';
import type { Constant } from '@detrain/onnx/file';

/** A stored tensor as float32. */
export const host = ({ shape, data }: Constant): HostTensor => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from(data as ArrayLike<number | bigint>, Number),
});

/** The same numbers in one axis. */
export const flat = (tensor: Constant): HostTensor => ({ ...host(tensor), shape: [tensor.data.length] });

/** `[rows, columns]` to `[columns, rows]`. */
export const transposed = (tensor: Constant): HostTensor => {
  const [rows = 0, columns = 0] = tensor.shape;
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < data.length; i++) data[i] = Number(tensor.data[(i % rows) * columns + Math.floor(i / rows)]);
  return { shape: [columns, rows], dtype: 'float32', data };
};

/** Tensors that differ in their first axis only, one after another. */
export const stacked = (parts: readonly HostTensor[]): HostTensor => {
  const shape = [parts.reduce((sum, part) => sum + (part.shape[0] ?? 0), 0), ...(parts[0]?.shape.slice(1) ?? [])];
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { shape, dtype: 'float32', data };
};

/** Whether two tensors hold the same numbers in the same shape. */
export const sameTensor = (a: HostTensor, b: HostTensor): boolean =>
  a.shape.join() === b.shape.join() && a.data.every((value, i) => value === b.data[i]);
