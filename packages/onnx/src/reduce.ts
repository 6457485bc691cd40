import { arithmetic } from './arithmetic.ts';
import type { Recording } from './recording.ts';
import { reshape } from './reshape.ts';
import { relaid, type Traced, uniform } from './traced.ts';

/** How a reduction treats `n` copies of the same number. */
const REPEATED = {
  ReduceSum: (n: number) => n,
  ReduceMean: () => 1,
  ReduceMax: () => 1,
  ReduceMin: () => 1,
} as const;

export type Reduction = keyof typeof REPEATED | 'ReduceProd';

/** Reduces logical axes. Axes that only repeat cost nothing. */
export const reduce = (
  recording: Recording,
  op: Reduction,
  x: Traced,
  axes: readonly number[],
  keepDims: boolean,
): Traced => {
  const lazy = axes.filter((axis) => x.stored[axis] === 1 && x.shape[axis] !== 1);
  if (op === 'ReduceProd' && lazy.length > 0) {
    return reduce(recording, op, recording.placed(x, { whole: lazy }), axes, keepDims);
  }
  const real = axes.filter((axis) => x.stored[axis] !== 1);
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  let out = relaid(x, { shape: kept });
  if (real.length > 0) {
    const left = x.stored.map((size, axis) => (real.includes(axis) ? 1 : size));
    const places = real.map((axis) => x.perm.indexOf(axis)).sort((a, b) => a - b);
    const layout = { shape: kept, stored: left, perm: x.perm, dtype: x.dtype };
    out = recording.value(op, [recording.name(x), recording.int64(places)], layout, { keepdims: { int: 1 } });
  }
  if (op !== 'ReduceProd') {
    const times = REPEATED[op](lazy.reduce((product, axis) => product * x.shape[axis]!, 1));
    out = arithmetic(recording).mul(out, uniform(times, [], x.dtype));
  }
  if (keepDims) return out;
  return reshape(
    recording,
    out,
    x.shape.filter((_, axis) => !axes.includes(axis)),
  );
};
