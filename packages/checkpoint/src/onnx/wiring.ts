import type { Constant, Graph, GraphNode } from '@detrain/onnx/file';

/** Who makes and who reads each value of a graph. */
export interface Wiring {
  producer(value: string): GraphNode | undefined;
  consumers(value: string): readonly GraphNode[];
  /** A stored tensor, by whatever names it goes: those of constant and identity operations, too. */
  constant(value: string | undefined): Constant | undefined;
}

/** The wiring of a graph. */
export const wiringOf = (graph: Graph): Wiring => {
  const producers = new Map<string, GraphNode>();
  const consumers = new Map<string, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const output of node.outputs) producers.set(output, node);
    for (const input of node.inputs) {
      const readers = consumers.get(input);
      if (readers) readers.push(node);
      else consumers.set(input, [node]);
    }
  }
  const constant = (value: string | undefined): Constant | undefined => {
    if (value === undefined) return undefined;
    const node = producers.get(value);
    if (node?.op === 'Identity') return constant(node.inputs[0]);
    const stored = node?.op === 'Constant' ? node.attributes['value'] : undefined;
    return stored !== undefined && 'tensor' in stored ? stored.tensor : graph.constants.get(value);
  };
  return {
    producer: (value) => producers.get(value),
    consumers: (value) => consumers.get(value) ?? [],
    constant,
  };
};

/** A linear map in a graph: a product with a stored matrix, and the stored vector that is added to it. */
export interface LinearNode {
  /** The constants' names; the bias is '' where there is none. */
  readonly weight: string;
  readonly bias: string;
  /** Whether the weight lies as PyTorch keeps it, `[out, in]`. */
  readonly upright: boolean;
}

/** The linear map that a node begins, or null. */
export const linearAt = (node: GraphNode, wiring: Wiring): LinearNode | null => {
  const [, weight = '', bias = ''] = node.inputs;
  if (wiring.constant(weight)?.shape.length !== 2) return null;
  if (node.op === 'Gemm') {
    const { transB } = node.attributes;
    return { weight, bias, upright: transB !== undefined && 'int' in transB && transB.int === 1 };
  }
  if (node.op !== 'MatMul') return null;
  const [after, ...others] = wiring.consumers(node.outputs[0] ?? '');
  const added = after?.op === 'Add' && others.length === 0 ? after.inputs : [];
  return { weight, bias: added.find((input) => wiring.constant(input)?.shape.length === 1) ?? '', upright: false };
};
