import type { HostTensor } from '@detrain/core';
import { checkpointError } from './error.ts';

/** The element types of a safetensors file that this package reads and writes. */
export type StoredDType = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

/** The array that holds each stored type; F16 and BF16 are kept as their raw 16 bits. */
export interface StoredArrays {
  F64: Float64Array;
  F32: Float32Array;
  F16: Uint16Array;
  BF16: Uint16Array;
  I64: BigInt64Array;
  I32: Int32Array;
  I16: Int16Array;
  I8: Int8Array;
  U8: Uint8Array;
  BOOL: Uint8Array;
}

/** A tensor as a file holds it, row-major, nothing converted. */
export type StoredTensor = {
  [D in StoredDType]: { readonly dtype: D; readonly shape: readonly number[]; readonly data: StoredArrays[D] };
}[StoredDType];

const views: { readonly [D in StoredDType]: (buffer: ArrayBuffer) => StoredArrays[D] } = {
  F64: (b) => new Float64Array(b),
  F32: (b) => new Float32Array(b),
  F16: (b) => new Uint16Array(b),
  BF16: (b) => new Uint16Array(b),
  I64: (b) => new BigInt64Array(b),
  I32: (b) => new Int32Array(b),
  I16: (b) => new Int16Array(b),
  I8: (b) => new Int8Array(b),
  U8: (b) => new Uint8Array(b),
  BOOL: (b) => new Uint8Array(b),
};

/** Bytes an element takes. */
export const widths: Readonly<Record<StoredDType, number>> = {
  F64: 8,
  I64: 8,
  F32: 4,
  I32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** Whether a name is one of the element types read here. */
export const isStoredDType = (name: unknown): name is StoredDType =>
  typeof name === 'string' && Object.hasOwn(widths, name);

/** A tensor over a buffer of its own. */
export const storedTensor = (dtype: StoredDType, shape: readonly number[], buffer: ArrayBuffer): StoredTensor =>
  ({ dtype, shape, data: views[dtype](buffer) }) as StoredTensor;

/** The file's form of a tensor: host tensors become F32, I32 and BOOL, stored ones stay as they are. Shares the data. */
export const toStored = (tensor: HostTensor | StoredTensor): StoredTensor => {
  if (isStoredDType(tensor.dtype)) return tensor as StoredTensor;
  const dtype = ({ float32: 'F32', int32: 'I32', bool: 'BOOL' } as const)[tensor.dtype as HostTensor['dtype']];
  return { dtype, shape: tensor.shape, data: tensor.data } as StoredTensor;
};

/** The float32 value of IEEE 754 half precision bits. */
export const fromHalf = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
};

const fromBrain = (bits: Uint16Array): Float32Array => {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] as number) << 16;
  return new Float32Array(words.buffer);
};

const narrowed = (data: BigInt64Array): Int32Array =>
  Int32Array.from(data, (value) => {
    if (value !== BigInt.asIntN(32, value))
      throw checkpointError(
        'bad-value',
        `int64 value ${value} does not fit int32`,
        'values in [-2^31, 2^31)',
        'Read the tensor with decodeSafetensors and keep its BigInt64Array',
      );
    return Number(value);
  });

/**
 * The host form of a stored tensor: floating types become float32, integers int32, BOOL bool.
 *
 * @throws CheckpointError `bad-value` when an int64 value does not fit int32.
 */
export const toHost = (tensor: StoredTensor): HostTensor => {
  const { shape } = tensor;
  switch (tensor.dtype) {
    case 'F32':
      return { dtype: 'float32', shape, data: tensor.data };
    case 'F64':
      return { dtype: 'float32', shape, data: Float32Array.from(tensor.data) };
    case 'F16':
      return { dtype: 'float32', shape, data: Float32Array.from(tensor.data, fromHalf) };
    case 'BF16':
      return { dtype: 'float32', shape, data: fromBrain(tensor.data) };
    case 'I32':
      return { dtype: 'int32', shape, data: tensor.data };
    case 'I64':
      return { dtype: 'int32', shape, data: narrowed(tensor.data) };
    case 'BOOL':
      return { dtype: 'bool', shape, data: tensor.data };
    default:
      return { dtype: 'int32', shape, data: Int32Array.from(tensor.data) };
  }
};
