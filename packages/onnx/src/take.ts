import type { Recording } from './recording.ts';
import type { Traced } from './traced.ts';

/** Elements at known places along a logical axis. */
export const take = (recording: Recording, x: Traced, index: readonly number[], axis: number): Traced => {
  const shape = x.shape.with(axis, index.length);
  const stored = x.stored.with(axis, index.length);
  const data = recording.place(x, { whole: [axis] });
  const layout = { shape, stored, perm: x.perm, dtype: x.dtype };
  return recording.value('Gather', [data, recording.int64(index)], layout, { axis: { int: x.perm.indexOf(axis) } });
};
