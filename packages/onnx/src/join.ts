import { sizeOf } from './graph.ts';
import type { Recording } from './recording.ts';
import { named, relaid, type Traced } from './traced.ts';

/** Joins values along a logical axis, in the memory order of the largest. */
export const concat = (recording: Recording, values: readonly Traced[], axis: number): Traced => {
  const [first] = values as [Traced];
  if (values.length === 1) return first;
  const { dtype } = first;
  const shape = first.shape.with(
    axis,
    values.reduce((sum, value) => sum + value.shape[axis]!, 0),
  );
  // An axis stays repeated where every part repeats along it.
  const stored = shape.map((size, i) => (i !== axis && values.every((value) => value.stored[i] === 1) ? 1 : size));
  const whole = shape.flatMap((_, i) => (i === axis || stored[i] !== 1 ? [i] : []));
  const sizes = values.map((value) => sizeOf(value.stored));
  const { perm } = values[sizes.indexOf(Math.max(...sizes))]!;
  const names = values.map((value) => recording.place(value, { perm, whole }));
  return recording.value('Concat', names, { shape, stored, perm, dtype }, { axis: { int: perm.indexOf(axis) } });
};

/** Cuts a value into parts along a logical axis. */
export const split = (recording: Recording, x: Traced, axis: number, sizes: readonly number[]): Traced[] => {
  const part = (size: number): Pick<Traced, 'shape' | 'stored'> => ({
    shape: x.shape.with(axis, size),
    stored: x.stored[axis] === 1 ? x.stored : x.stored.with(axis, size),
  });
  if (x.stored[axis] === 1) return sizes.map((size) => relaid(x, part(size)));
  if (sizes.length === 1) return [x];
  const outs = sizes.map((size) => {
    const { stored } = part(size);
    return { shape: x.perm.map((i) => stored[i]!), dtype: x.dtype };
  });
  const ins = [recording.name(x), recording.int64(sizes)];
  const names = recording.nodes('Split', ins, outs, { axis: { int: x.perm.indexOf(axis) } });
  return names.map((name, i) => named(name, { ...x, ...part(sizes[i]!) }));
};
