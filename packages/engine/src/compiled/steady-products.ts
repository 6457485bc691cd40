import type { GraphNode } from '@detrain/onnx';
import type { Rewriter } from './steady.ts';

/** onnxruntime sums this many products at a time; up to it a product has but one way to be summed. */
const BLOCK = 128;

const swapLast = (shape: readonly number[]): number[] => [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];
const swapAxes = (rank: number): number[] => swapLast(Array.from({ length: rank }, (_, axis) => axis));
const perm = (rank: number): GraphNode['attributes'] => ({ perm: { ints: swapAxes(rank) } });

/**
 * Turns a product around where its sums would depend on the number of threads: `a b` becomes `(b^T a^T)^T`. Gives
 * whether it did.
 *
 * Each thread gets some of the longer side of the result. Where that is the columns, the length of the partial sums
 * follows from how many columns a thread has; where it is the rows, or the left operand is read transposed, it does not.
 */
export const steadyProduct = (node: GraphNode, { add, info, maker }: Rewriter): boolean => {
  const isGemm = node.op === 'Gemm' && node.inputs.length === 2;
  if (!isGemm && node.op !== 'MatMul') return false;
  const [a, b] = node.inputs as [string, string];
  const [rows, inner] = info(a).shape.slice(-2) as [number, number];
  if (info(a).shape.length < 2 || info(b).shape.length < 2) return false;

  /** What a value is the transpose of, if it is one. */
  const beforeTranspose = (name: string): string | undefined => {
    const made = maker(name);
    if (made?.op !== 'Transpose') return undefined;
    const { ints } = made.attributes['perm'] as { ints: readonly number[] };
    return ints.join() === swapAxes(ints.length).join() ? made.inputs[0] : undefined;
  };
  const transposed = (name: string): string => {
    const { shape } = info(name);
    return beforeTranspose(name) ?? add('Transpose', [name], swapLast(shape), perm(shape.length));
  };

  const flag = (name: string) => Boolean((node.attributes[name] as { int: number } | undefined)?.int);
  // onnxruntime joins a transpose with the product that follows.
  if (flag('transA') || beforeTranspose(a) !== undefined) return false;
  const { shape } = info(node.outputs[0]!);
  const columns = shape.at(-1)!;
  if (inner <= BLOCK || (columns <= rows && columns > 1)) return false;
  // A Gemm would be turned back by onnxruntime's own rewriting.
  const product = add('MatMul', [flag('transB') ? b : transposed(b), transposed(a)], swapLast(shape));
  add('Transpose', [product], shape, perm(shape.length), node.outputs[0]);
  return true;
};
