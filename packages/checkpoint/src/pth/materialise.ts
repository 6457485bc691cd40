import type { HostTensor } from '@detrain/core';
import { storedTensor, toHost } from '../dtypes.ts';
import { checkpointError } from '../error.ts';
import type { PthContent } from './content.ts';
import { sizeOf } from './rebuild.ts';
import type { PyStorage, PyTensor } from './value.ts';

/** Bytes of tensors allowed for each byte of the file, beyond a fixed allowance: views may repeat elements. */
const MAX_REPEAT = 16;
const ALLOWANCE = 64 * 2 ** 20;

const contiguous = ({ shape, strides }: PyTensor): boolean => {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== step) return false;
    step *= shape[axis] as number;
  }
  return true;
};

/** The elements of a strided view, row-major, in memory of their own. */
const gather = (tensor: PyTensor, bytes: Uint8Array): Uint8Array<ArrayBuffer> => {
  const { shape, strides, element, offset } = tensor;
  const { width } = element;
  const size = sizeOf(shape);
  if (size === 0) return new Uint8Array(0);
  if (contiguous(tensor)) return bytes.slice(offset * width, (offset + size) * width);
  const result = new Uint8Array(size * width);
  const index = shape.map(() => 0);
  for (let i = 0, at = offset; i < size; i++) {
    for (let b = 0; b < width; b++) result[i * width + b] = bytes[at * width + b] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis] as number;
      if (++(index[axis] as number) < (shape[axis] as number)) break;
      at -= (strides[axis] as number) * (shape[axis] as number);
      index[axis] = 0;
    }
  }
  return result;
};

const toTensor = (name: string, tensor: PyTensor, bytes: Uint8Array): HostTensor => {
  const { dtype } = tensor.element;
  if (dtype === null)
    throw checkpointError(
      'unknown-dtype',
      `${JSON.stringify(name)} has elements of ${tensor.element.name}`,
      'float64, float32, float16, bfloat16, int64, int32, int16, int8, uint8 or bool',
      'Convert the tensor in PyTorch before saving it: tensor.float()',
    );
  return toHost(storedTensor(dtype, tensor.shape, gather(tensor, bytes).buffer));
};

/**
 * Brings tensors into memory, storage by storage: each is read once, however many views it has, and let go before the
 * next. Views of one storage become tensors of their own.
 *
 * @returns the tensors in the given order, row-major, float32, int32 or bool
 * @throws CheckpointError `unknown-dtype` (complex, float8, …), `too-large` when views repeat a little data into much.
 */
export const materialise = async (
  content: PthContent,
  wanted: ReadonlyMap<string, PyTensor>,
): Promise<Map<string, HostTensor>> => {
  const total = [...wanted.values()].reduce((sum, { shape, element }) => sum + sizeOf(shape) * element.width, 0);
  if (!(total <= MAX_REPEAT * content.size + ALLOWANCE))
    throw checkpointError(
      'too-large',
      `tensors of ${total} bytes in a file of ${content.size}`,
      `at most ${MAX_REPEAT} times the file`,
      'This is no file of weights but one made to fill memory: do not use it',
    );
  const byStorage = new Map<PyStorage, (readonly [string, PyTensor])[]>();
  for (const entry of wanted) {
    const views = byStorage.get(entry[1].storage);
    if (views) views.push(entry);
    else byStorage.set(entry[1].storage, [entry]);
  }
  const done = new Map<string, HostTensor>();
  for (const [storage, tensors] of byStorage) {
    const bytes = storage.bytes ?? (await content.readStorage(storage));
    for (const [name, tensor] of tensors) done.set(name, toTensor(name, tensor, bytes));
  }
  return new Map([...wanted.keys()].map((name) => [name, done.get(name) as HostTensor]));
};
