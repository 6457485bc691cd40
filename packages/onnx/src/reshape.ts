import { sameNumbers, sizeOf } from './graph.ts';
import type { Recording } from './recording.ts';
import { identity, named, relaid, type Traced } from './traced.ts';

/** Old axes `[from, to)` that become new axes `[start, end)`: same number of elements. */
interface Group {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
}

/** Cuts a reshape into the smallest groups of axes that turn into each other. */
const groupsOf = (before: readonly number[], after: readonly number[]): Group[] => {
  const groups: Group[] = [];
  let from = 0;
  let start = 0;
  while (from < before.length || start < after.length) {
    let to = from;
    let end = start;
    let a = 1;
    let b = 1;
    if (to < before.length) a = before[to++]!;
    if (end < after.length) b = after[end++]!;
    while (a !== b) {
      if (a < b) a *= before[to++]!;
      else b *= after[end++]!;
    }
    groups.push({ from, to, start, end });
    from = to;
    start = end;
  }
  return groups;
};

/**
 * A reshape that keeps the order in memory where it can: groups of axes that lie side by side in memory move as blocks,
 * so that `[B, H, W, C]` in NCHW order becomes `[B, H * W, C]` without a transpose.
 */
export const reshape = (recording: Recording, value: Traced, shape: readonly number[]): Traced => {
  if (sameNumbers(value.shape, shape)) return value;
  if (sizeOf(value.stored) === 1) return relaidScalar(recording, value, shape);
  const groups = groupsOf(value.shape, shape);
  const whole: number[] = [];
  const stored = [...shape];
  for (const { from, to, start, end } of groups) {
    const axes = range(from, to);
    const lazy = axes.filter((axis) => value.stored[axis] !== value.shape[axis]);
    if (lazy.length === 0) continue;
    if (axes.every((axis) => value.stored[axis] === 1)) stored.fill(1, start, end);
    else whole.push(...lazy);
  }
  // Where each group lies in memory: at its first axis that has a size; groups without one go where they fit.
  const full = value.stored.map((size, axis) => (whole.includes(axis) ? value.shape[axis]! : size));
  const wide = value.perm.filter((axis) => full[axis] !== 1);
  const placed = groups.map(({ from, to }) => {
    const positions = range(from, to)
      .filter((axis) => full[axis] !== 1)
      .map((axis) => wide.indexOf(axis));
    return { positions, together: positions.every((position, i) => i === 0 || position === positions[i - 1]! + 1) };
  });
  const keeps = placed.every(({ together }) => together);
  const source = keeps ? value.perm : identity(value.shape.length);
  const order = groups.map((_, i) => i).filter((i) => placed[i]!.positions.length > 0);
  if (keeps) order.sort((a, b) => placed[a]!.positions[0]! - placed[b]!.positions[0]!);
  const perm = withThin(
    order.flatMap((i) => range(groups[i]!.start, groups[i]!.end)),
    shape.length,
  );
  const name = recording.place(value, { perm: source, whole });
  const physical = perm.map((axis) => stored[axis]!);
  return named(recording.reshaped(name, physical), { shape, stored, perm, dtype: value.dtype });
};

/** Adds the axes that are missing from an order (their stored size is 1) beside their logical neighbour. */
const withThin = (order: readonly number[], rank: number): number[] => {
  const perm = [...order];
  for (let axis = 0; axis < rank; axis++) {
    if (!perm.includes(axis)) perm.splice(perm.indexOf(axis - 1) + 1, 0, axis);
  }
  return perm;
};

/** A single stored number takes any shape; only the logical one changes where the name allows it. */
const relaidScalar = (recording: Recording, value: Traced, shape: readonly number[]): Traced => {
  const layout = { shape, stored: shape.map(() => 1), perm: identity(shape.length) };
  if (value.source.kind !== 'value' || recording.info(value.source.name).shape.length <= shape.length)
    return relaid(value, layout);
  return named(recording.reshaped(value.source.name, []), { ...layout, dtype: value.dtype });
};

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
