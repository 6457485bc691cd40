import type { DType, HostTensor } from '@detrain/core';
import { sizeOf } from './graph.ts';

/** Where a traced value's numbers come from. */
export type Source =
  /** A value of the graph. */
  | { readonly kind: 'value'; readonly name: string }
  /** Numbers known while tracing, in physical order. */
  | { readonly kind: 'constant'; readonly data: HostTensor['data'] }
  /** The cast of a bool value of the same layout, not made until somebody asks. */
  | { readonly kind: 'mask'; readonly of: Traced };

/**
 * A tensor as the recorder sees it: what tfjs believes (`shape`), and how it lies in memory.
 *
 * Two things are put off until an operation needs them. Repetition: an axis whose `stored` size is 1 while its logical
 * size is larger is repeated only when somebody needs it whole. Transposition: `perm` says which logical axis each
 * physical axis holds, so that tfjs's NHWC and ONNX's NCHW meet without copies.
 */
export interface Traced {
  /** Logical shape. */
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Per logical axis: its size, or 1 where the value repeats along it. */
  readonly stored: readonly number[];
  /** Physical axis i holds logical axis `perm[i]`. */
  readonly perm: readonly number[];
  readonly source: Source;
}

/** How a value lies; nothing is put off where only the shape is given. */
export type Layout = Pick<Traced, 'shape' | 'dtype'> & Partial<Pick<Traced, 'stored' | 'perm'>>;

/** The order in which logical and physical axes agree. */
export const identity = (rank: number): number[] => Array.from({ length: rank }, (_, i) => i);

/** Sizes in memory order. */
export const physicalShape = (value: Traced): number[] => value.perm.map((axis) => value.stored[axis]!);

const typed = (dtype: DType, values: ArrayLike<number>): HostTensor['data'] =>
  dtype === 'float32'
    ? Float32Array.from(values)
    : dtype === 'int32'
      ? Int32Array.from(values)
      : Uint8Array.from(values);

/** A value of the graph. */
export const named = (
  name: string,
  { shape, dtype, stored = shape, perm = identity(shape.length) }: Layout,
): Traced => ({
  shape,
  dtype,
  stored,
  perm,
  source: { kind: 'value', name },
});

/** A tensor of one repeated number. */
export const uniform = (value: number, shape: readonly number[], dtype: DType = 'float32'): Traced => ({
  shape,
  dtype,
  stored: shape.map(() => 1),
  perm: identity(shape.length),
  source: { kind: 'constant', data: typed(dtype, [value]) },
});

/** A tensor whose numbers are known while tracing. */
export const constant = (data: ArrayLike<number>, shape: readonly number[], dtype: DType = 'float32'): Traced => {
  const first = data[0];
  const size = sizeOf(shape);
  let same = size > 0;
  for (let i = 1; i < size && same; i++) same = Object.is(data[i], first);
  if (same) return uniform(Number(first), shape, dtype);
  return {
    shape,
    dtype,
    stored: shape,
    perm: identity(shape.length),
    source: { kind: 'constant', data: typed(dtype, data) },
  };
};

/** The one number a value repeats, or undefined where it is not a known scalar. */
export const uniformValue = (value: Traced): number | undefined =>
  value.source.kind === 'constant' && value.source.data.length === 1 ? value.source.data[0] : undefined;

/** Numbers in logical, row-major order where they are known while tracing. */
export const knownValues = (value: Traced): HostTensor['data'] | undefined => {
  if (value.source.kind !== 'constant') return undefined;
  const { data } = value.source;
  const out = typed(value.dtype, { length: sizeOf(value.shape) });
  const strides = value.shape.map(() => 0);
  let stride = 1;
  for (const axis of [...value.perm].reverse()) {
    strides[axis] = value.stored[axis] === 1 ? 0 : stride;
    stride *= value.stored[axis]!;
  }
  const index = value.shape.map(() => 0);
  for (let i = 0, from = 0; i < out.length; i++) {
    out[i] = data[from]!;
    for (let axis = index.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < value.shape[axis]!) break;
      from -= strides[axis]! * value.shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
};

/** The same numbers in memory seen with another layout; nothing moves. */
export const relaid = (value: Traced, layout: Partial<Pick<Traced, 'shape' | 'stored' | 'perm'>>): Traced => ({
  ...value,
  ...layout,
  source: value.source.kind === 'mask' ? { kind: 'mask', of: relaid(value.source.of, layout) } : value.source,
});

/** A lazy transpose: new logical axis i is old logical axis `axes[i]`. */
export const permuted = (value: Traced, axes: readonly number[]): Traced =>
  relaid(value, {
    shape: axes.map((axis) => value.shape[axis]!),
    stored: axes.map((axis) => value.stored[axis]!),
    perm: value.perm.map((axis) => axes.indexOf(axis)),
  });

/** The float32 or int32 form of truth values, put off until somebody needs the numbers. */
export const masked = (of: Traced, dtype: DType): Traced => ({ ...of, dtype, source: { kind: 'mask', of } });
