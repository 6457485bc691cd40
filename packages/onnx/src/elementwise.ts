import type { DType } from '@detrain/core';
import type { Attribute } from './graph.ts';
import { sameNumbers, sizeOf } from './graph.ts';
import type { Recording } from './recording.ts';
import { named, relaid, type Traced } from './traced.ts';

/** Shape of an elementwise result. */
export const broadcastShape = (shapes: readonly (readonly number[])[]): number[] => {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let size = 1;
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1;
      if (own !== 1) size = own;
    }
    return size;
  });
};

/** The same value with leading axes of size 1 up to a rank. */
const withRank = (value: Traced, rank: number): Traced => {
  const extra = rank - value.shape.length;
  if (extra === 0) return value;
  const ones = Array.from({ length: extra }, () => 1);
  return relaid(value, {
    shape: [...ones, ...value.shape],
    stored: [...ones, ...value.stored],
    perm: [...ones.map((_, i) => i), ...value.perm.map((axis) => axis + extra)],
  });
};

const isIdentity = (perm: readonly number[]): boolean => perm.every((axis, i) => axis === i);

/** The order to compute in: that of the largest operand; between equals, one that is not tfjs's own (it came from a convolution). */
const commonPerm = (values: readonly Traced[]): readonly number[] => {
  let best = values[0]!;
  for (const value of values) {
    const more = sizeOf(value.stored) - sizeOf(best.stored);
    if (more > 0 || (more === 0 && isIdentity(best.perm))) best = value;
  }
  return best.perm;
};

/** An operand for ONNX's broadcasting in the order `perm`: left as it is wherever that means the same. */
const operand = (recording: Recording, value: Traced, perm: readonly number[]): string => {
  const name = recording.raw(value);
  const actual = recording.info(name).shape;
  const missing = perm.length - actual.length;
  if (sizeOf(value.stored) === 1 && missing >= 0) return name;
  const wide = (axis: number) => value.stored[axis] !== 1;
  if (sameNumbers(value.perm.filter(wide), perm.filter(wide))) {
    const target = perm.map((axis) => value.stored[axis]!);
    if (missing >= 0 && sameNumbers([...target.slice(0, missing).map(() => 1), ...actual], target)) return name;
  }
  return recording.place(value, { perm });
};

/** Records an elementwise operation of any number of operands with tfjs's (numpy's) broadcasting. */
export const elementwise = (
  recording: Recording,
  op: string,
  operands: readonly Traced[],
  dtype: DType = operands[0]!.dtype,
  attributes: Readonly<Record<string, Attribute>> = {},
): Traced => {
  const shape = broadcastShape(operands.map((value) => value.shape));
  const rank = shape.length;
  const aligned = operands.map((value) => withRank(value, rank));
  const perm = commonPerm(aligned);
  const names = aligned.map((value) => operand(recording, value, perm));
  const stored = broadcastShape(aligned.map((value) => value.stored));
  const actual = broadcastShape(names.map((name) => recording.info(name).shape));
  const name = recording.node(op, names, { shape: actual, dtype }, attributes);
  return named(
    recording.reshaped(
      name,
      perm.map((axis) => stored[axis]!),
    ),
    { shape, dtype, stored, perm },
  );
};

/** A value seen with a larger shape that it repeats into; nothing is recorded. */
export const repeated = (value: Traced, shape: readonly number[]): Traced => {
  const lifted = withRank(value, shape.length);
  return sameNumbers(lifted.shape, shape) ? lifted : relaid(lifted, { shape });
};

/** Records a node that maps each stored number by itself; extra inputs are passed on as they are. */
export const mapped = (
  recording: Recording,
  op: string,
  value: Traced,
  { dtype = value.dtype, extra = [], attributes = {} }: MapOptions = {},
): Traced => recording.value(op, [recording.name(value), ...extra], { ...value, dtype }, attributes);

/** Options of `mapped`. */
export interface MapOptions {
  readonly dtype?: DType;
  /** Further inputs by name. */
  readonly extra?: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}
