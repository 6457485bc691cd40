import type { Constant, Graph, GraphNode, ValueInfo } from '@detrain/onnx';
import { steadyProduct } from './steady-products.ts';
import { steadySum } from './steady-sums.ts';

/** What a rewriting of one node may use. */
export interface Rewriter {
  info(name: string): ValueInfo;
  /** The node that makes a value, as it was recorded. */
  maker(name: string): GraphNode | undefined;
  /** Numbers of a constant, undefined where the value is none. */
  numbers(name: string): number[] | undefined;
  /** Adds a node that makes float32 values of a shape, under a name of its own or the one given; gives the name. */
  add(
    op: string,
    from: readonly string[],
    shape: readonly number[],
    attributes?: GraphNode['attributes'],
    name?: string,
  ): string;
  constant(tensor: Constant): string;
}

/**
 * Rewrites the nodes whose result would depend on the number of threads: onnxruntime adds up in another order when it
 * has more threads to occupy.
 *
 * Single operations were compared at 1 to 32 threads. `log`, `softplus` and `elu` may still differ in the last bit where
 * several threads share them; their gradients do not.
 */
export const steady = (graph: Graph): Graph => {
  const values = new Map(graph.values);
  const constants = new Map(graph.constants);
  const inputs = new Map(graph.inputs.map((input) => [input.name, input]));
  const makers = new Map<string, GraphNode>();
  for (const node of graph.nodes) for (const name of node.outputs) makers.set(name, node);
  const nodes: GraphNode[] = [];
  let fresh = 0;
  const rewriter: Rewriter = {
    info: (name) => values.get(name) ?? inputs.get(name) ?? constants.get(name)!,
    maker: (name) => makers.get(name),
    numbers: (name) => {
      const constant = constants.get(name);
      return constant && Array.from(constant.data, Number);
    },
    add: (op, from, shape, attributes = {}, name = `#steady${fresh++}`) => {
      values.set(name, { shape, dtype: 'float32' });
      nodes.push({ op, inputs: from, outputs: [name], attributes });
      return name;
    },
    constant: (tensor) => {
      const name = `#steady${fresh++}`;
      constants.set(name, tensor);
      return name;
    },
  };
  for (const node of graph.nodes) if (!steadyProduct(node, rewriter) && !steadySum(node, rewriter)) nodes.push(node);
  return { ...graph, nodes, values, constants };
};
