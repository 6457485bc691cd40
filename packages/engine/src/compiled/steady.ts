import type { Graph, GraphNode, ValueInfo } from '@detrain/onnx';

/** onnxruntime sums this many products at a time; below it a product has but one way to be summed. */
const BLOCK = 128;

const swapLast = (shape: readonly number[]): number[] => [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];
const swapAxes = (rank: number): number[] => swapLast(Array.from({ length: rank }, (_, axis) => axis));

/** Whether the sums of a product change with the number of threads. */
const isUnsteady = (m: number, n: number, k: number): boolean => k > BLOCK && (n > m || n === 1);

/**
 * Turns products around whose result would depend on the number of threads: `a b` becomes `(b^T a^T)^T`.
 *
 * onnxruntime gives each thread some of the longer side of the result. Where that is the columns, the length of the
 * partial sums over `k` follows from how many columns a thread has; where it is the rows, or the left operand is read
 * transposed, it does not. (Seen for shapes of every kind at 1 to 16 threads; `log`, `softplus` and `elu` may still
 * differ in the last bit, but not their gradients.)
 */
export const steady = (graph: Graph): Graph => {
  const values = new Map(graph.values);
  const inputs = new Map(graph.inputs.map((input) => [input.name, input]));
  const maker = new Map<string, GraphNode>();
  for (const node of graph.nodes) for (const name of node.outputs) maker.set(name, node);
  const info = (name: string): ValueInfo => values.get(name) ?? inputs.get(name) ?? graph.constants.get(name)!;
  const nodes: GraphNode[] = [];
  let fresh = 0;
  const add = (
    op: string,
    from: readonly string[],
    shape: readonly number[],
    attributes: GraphNode['attributes'],
  ): string => {
    const name = `#steady${fresh++}`;
    values.set(name, { shape, dtype: 'float32' });
    nodes.push({ op, inputs: from, outputs: [name], attributes });
    return name;
  };
  const transposes = (shape: readonly number[]) => ({ perm: { ints: swapAxes(shape.length) } });
  /** What a value is the transpose of, if it is one. */
  const beforeTranspose = (name: string): string | undefined => {
    const made = maker.get(name);
    if (made?.op !== 'Transpose') return undefined;
    const { ints } = made.attributes['perm'] as { ints: readonly number[] };
    return ints.join() === swapAxes(ints.length).join() ? made.inputs[0] : undefined;
  };
  const transposed = (name: string): string => {
    const { shape } = info(name);
    return beforeTranspose(name) ?? add('Transpose', [name], swapLast(shape), transposes(shape));
  };

  for (const node of graph.nodes) {
    const isGemm = node.op === 'Gemm' && node.inputs.length === 2;
    if (!isGemm && node.op !== 'MatMul') {
      nodes.push(node);
      continue;
    }
    const flag = (name: string) => Boolean((node.attributes[name] as { int: number } | undefined)?.int);
    const [a, b] = node.inputs as [string, string];
    const { shape } = info(node.outputs[0]!);
    // onnxruntime joins a transpose with the product that follows.
    const transA = flag('transA') || beforeTranspose(a) !== undefined;
    const transB = flag('transB');
    const left = info(a).shape;
    if (
      transA ||
      left.length < 2 ||
      info(b).shape.length < 2 ||
      !isUnsteady(shape.at(-2)!, shape.at(-1)!, left.at(-1)!)
    ) {
      nodes.push(node);
      continue;
    }
    const turned = swapLast(shape);
    // A Gemm would be turned back by onnxruntime's own rewriting.
    const product = add('MatMul', [transB ? b : transposed(b), transposed(a)], turned, {});
    nodes.push({ op: 'Transpose', inputs: [product], outputs: node.outputs, attributes: transposes(shape) });
  }
  return { ...graph, nodes, values };
};
