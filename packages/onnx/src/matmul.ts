import { broadcastShape } from './elementwise.ts';
import { sizeOf } from './graph.ts';
import type { Recording } from './recording.ts';
import { reshape } from './reshape.ts';
import { identity, permuted, type Traced } from './traced.ts';

const swapLast = (rank: number): number[] => {
  const axes = identity(rank);
  axes.splice(rank - 2, 2, rank - 1, rank - 2);
  return axes;
};

/** Whether the matrices of the last two axes lie in memory by columns. */
const isColumnMajor = ({ perm, shape, stored }: Traced): boolean => {
  const [row, column] = [shape.length - 2, shape.length - 1];
  return stored[row] !== 1 && stored[column] !== 1 && perm.indexOf(column) < perm.indexOf(row);
};

/**
 * A product `a^T b` with at most this many columns is taken as `(b^T a)^T`: reading a wide left operand by columns is
 * two to five times slower than turning the thin right one (500 x 500 by 500 x 16, the gradient of attention).
 */
const THIN = 64;

/** The product of two matrices `[m, k] [k, n]`: Gemm reads either operand in either order, so nothing is transposed. */
const gemm = (recording: Recording, a: Traced, b: Traced): Traced => {
  const operand = (value: Traced) => {
    const columns = isColumnMajor(value);
    const perm = columns ? [1, 0] : [0, 1];
    return { columns, name: recording.place(value, { perm, whole: true }) };
  };
  const left = operand(a);
  const right = operand(b);
  const shape = [a.shape[0]!, b.shape[1]!];
  const order = { transA: { int: Number(left.columns) }, transB: { int: Number(right.columns) } };
  return recording.value('Gemm', [left.name, right.name], { shape, dtype: a.dtype }, order);
};

/** Whether the last two axes are stored whole. */
const wholeMatrix = (value: Traced): readonly number[] => [value.shape.length - 2, value.shape.length - 1];

/** Batched product with numpy's broadcasting of the leading axes. */
export const matmul = (
  recording: Recording,
  left: Traced,
  right: Traced,
  transposeA = false,
  transposeB = false,
): Traced => {
  const a = transposeA ? permuted(left, swapLast(left.shape.length)) : left;
  const b = transposeB ? permuted(right, swapLast(right.shape.length)) : right;
  const rank = Math.max(a.shape.length, b.shape.length);
  if (rank === 2 && a.dtype === 'float32') return gemm(recording, a, b);
  const batch = broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  const shape = [...batch, a.shape.at(-2)!, b.shape.at(-1)!];
  if (a.dtype === 'float32' && sizeOf(a.shape.slice(0, -2)) === 1 && sizeOf(b.shape.slice(0, -2)) === 1) {
    const flat = (value: Traced) => reshape(recording, value, value.shape.slice(-2));
    return reshape(recording, gemm(recording, flat(a), flat(b)), shape);
  }
  const [m, n] = [shape.at(-2)!, shape.at(-1)!];
  if (n <= THIN && m > n && isColumnMajor(a) && !isColumnMajor(b)) {
    const swapped = matmul(recording, permuted(b, swapLast(b.shape.length)), permuted(a, swapLast(a.shape.length)));
    return permuted(swapped, swapLast(rank));
  }
  const place = (value: Traced) =>
    recording.place(value, { perm: identity(value.shape.length), whole: wholeMatrix(value) });
  const storedBatch = broadcastShape([a.stored.slice(0, -2), b.stored.slice(0, -2)]);
  const stored = [...storedBatch, ...shape.slice(-2)];
  return recording.value('MatMul', [place(a), place(b)], { shape, stored, dtype: a.dtype });
};
