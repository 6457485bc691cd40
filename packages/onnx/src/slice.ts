import type { Recording } from './recording.ts';
import { relaid, type Traced } from './traced.ts';

/** What is kept of one logical axis: `count` elements from `start`, every `step`-th (negative: backwards). */
export interface Cut {
  readonly axis: number;
  readonly start: number;
  readonly count: number;
  readonly step?: number;
}

/** Smaller than any end: a backwards slice that reaches element 0 must end before it. */
const BEFORE_FIRST = -(2 ** 31);

/** Cuts a value along some axes; axes that only repeat are cut for nothing. */
export const slice = (recording: Recording, x: Traced, cuts: readonly Cut[]): Traced => {
  const shape = [...x.shape];
  const stored = [...x.stored];
  const real: Cut[] = [];
  for (const cut of cuts) {
    const { axis, start, count, step = 1 } = cut;
    const everything = start === 0 && step === 1 && count === x.shape[axis];
    shape[axis] = count;
    if (everything || x.stored[axis] === 1) continue;
    stored[axis] = count;
    real.push(cut);
  }
  if (real.length === 0) return relaid(x, { shape, stored });
  const end = ({ start, count, step = 1 }: Cut) => {
    const last = start + count * step;
    return last < 0 ? BEFORE_FIRST : last;
  };
  return recording.value(
    'Slice',
    [
      recording.name(x),
      recording.int64(real.map(({ start }) => start)),
      recording.int64(real.map(end)),
      recording.int64(real.map(({ axis }) => x.perm.indexOf(axis))),
      recording.int64(real.map(({ step = 1 }) => step)),
    ],
    { shape, stored, perm: x.perm, dtype: x.dtype },
  );
};

/** Adds `before` and `after` elements of `value` to each logical axis; where they are negative, takes elements away. */
export const pad = (
  recording: Recording,
  x: Traced,
  paddings: readonly (readonly [number, number])[],
  value: number,
): Traced => {
  const axes = paddings.flatMap(([before, after], axis) => (before !== 0 || after !== 0 ? [axis] : []));
  if (axes.length === 0) return x;
  const shape = x.shape.map((size, axis) => size + paddings[axis]![0] + paddings[axis]![1]);
  const stored = x.stored.map((size, axis) => (axes.includes(axis) ? shape[axis]! : size));
  const places = axes.map((axis) => x.perm.indexOf(axis));
  return recording.value(
    'Pad',
    [
      recording.place(x, { whole: axes }),
      recording.int64([...axes.map((axis) => paddings[axis]![0]), ...axes.map((axis) => paddings[axis]![1])]),
      recording.scalar(value, x.dtype),
      recording.int64(places),
    ],
    { shape, stored, perm: x.perm, dtype: x.dtype },
    { mode: { string: 'constant' } },
  );
};
