import type { DType, HostTensor, HostTensors } from '@detrain/core';
import type { NamedValue, ValueInfo } from '@detrain/onnx';
import type { Tensor } from 'onnxruntime-node';
import { sizeOf } from '../host.ts';
import type { Runtime } from './runtime.ts';

/** Tensors that a session reads or writes, by name. */
export type Values = Record<string, Tensor>;

/** The session's view of a host tensor; they share their data. */
export const toValue = (runtime: Runtime, { dtype, data, shape }: HostTensor): Tensor =>
  new runtime.Tensor(dtype, data as never, shape);

/** Views of those tensors that some inputs name. Names in the graph carry a prefix. */
export const feed = (runtime: Runtime, inputs: readonly NamedValue[], prefix: string, tensors: HostTensors): Values => {
  const values: Values = {};
  for (const { name } of inputs)
    if (name.startsWith(prefix)) values[name] = toValue(runtime, tensors[name.slice(prefix.length)]!);
  return values;
};

/** Bytes of a value of the graph. */
export const bytesOf = ({ dtype, shape }: ValueInfo): number =>
  sizeOf(shape) * (dtype === 'bool' ? 1 : dtype === 'int64' ? 8 : 4);

/** The host tensor of a session's output; they share their data. */
const fromValue = (value: Tensor): HostTensor => ({
  shape: value.dims,
  dtype: value.type as DType,
  data: value.data as HostTensor['data'],
});

/** The outputs whose name starts with a prefix, without it. */
export const pick = (values: Values, prefix: string): Record<string, HostTensor> => {
  const picked: Record<string, HostTensor> = {};
  for (const [name, value] of Object.entries(values))
    if (name.startsWith(prefix)) picked[name.slice(prefix.length)] = fromValue(value);
  return picked;
};
