import type { GraphNode } from '@detrain/onnx';
import type { Rewriter } from './steady.ts';

/** With fewer kept rows than threads onnxruntime sums another way. More threads than this are not expected. */
const THREADS = 64;

interface Group {
  readonly reduced: boolean;
  readonly axes: number[];
  size: number;
}

/** Neighbouring axes of one kind taken together: kept or reduced, and how many elements. */
const groupsOf = (shape: readonly number[], axes: ReadonlySet<number>): Group[] => {
  const groups: Group[] = [];
  for (const [axis, size] of shape.entries()) {
    if (size === 1) continue;
    const last = groups.at(-1);
    if (last?.reduced === axes.has(axis)) {
      last.size *= size;
      last.axes.push(axis);
    } else groups.push({ reduced: axes.has(axis), axes: [axis], size });
  }
  return groups;
};

/**
 * Rewrites a sum or mean whose order of summation would depend on the number of threads. Gives whether it did.
 *
 * `[kept, reduced, kept]` becomes a product with a row of ones, as fast; `[reduced, kept, reduced]` two reductions.
 */
export const steadySum = (node: GraphNode, { add, constant, info, numbers }: Rewriter): boolean => {
  if ((node.op !== 'ReduceSum' && node.op !== 'ReduceMean') || !node.inputs[1]) return false;
  const { shape, dtype } = info(node.inputs[0]!);
  const axes = numbers(node.inputs[1])?.map((axis) => (axis + shape.length) % shape.length);
  if (dtype !== 'float32' || !axes?.length) return false;
  const groups = groupsOf(shape, new Set(axes));
  const [a, b, c] = groups;
  if (!a || !b || !c || groups.length > 3) return false;
  const out = info(node.outputs[0]!).shape;
  const int64 = (values: readonly number[]) =>
    constant({ shape: [values.length], dtype: 'int64', data: BigInt64Array.from(values, BigInt) });
  const finish = (name: string) => add('Reshape', [name, int64(out)], out, {}, node.outputs[0]);

  if (b.reduced && a.size < THREADS) {
    const share = node.op === 'ReduceMean' ? 1 / b.size : 1;
    const row = constant({ shape: [1, b.size], dtype: 'float32', data: new Float32Array(b.size).fill(share) });
    const sizes = [a.size, b.size, c.size];
    const flat = add('Reshape', [node.inputs[0]!, int64(sizes)], sizes);
    finish(add('MatMul', [row, flat], [a.size, 1, c.size]));
    return true;
  }
  if (a.reduced && b.size < THREADS) {
    const one = (sizes: readonly number[], group: Group) =>
      sizes.map((size, axis) => (group.axes.includes(axis) ? 1 : size));
    const sum = (name: string, sizes: readonly number[], group: Group, result?: string) =>
      add(node.op, [name, int64(group.axes)], sizes, { keepdims: { int: 1 } }, result);
    const kept = one(shape, c);
    const inner = sum(node.inputs[0]!, kept, c);
    if (out.length === shape.length) sum(inner, out, a, node.outputs[0]);
    else finish(sum(inner, one(kept, a), a));
    return true;
  }
  return false;
};
