import type { Constant, Graph, GraphNode, NamedValue, ValueInfo } from '@detrain/onnx';

/** A graph in two parts that run one after the other. */
export interface Split {
  readonly first: Graph;
  readonly second: Graph;
  /** Values of the first part that the second needs: outputs of the one, inputs of the other. */
  readonly carried: readonly NamedValue[];
}

/**
 * Operations that the second part repeats rather than carries their results. They move nothing, are folded into the
 * multiplication that follows, or blow a small value up; as outputs they would have to be written out.
 */
const repeatable = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Identity', 'Expand', 'Transpose']);

/** The nodes without which some of the values cannot be had, in order. */
const needed = (nodes: readonly GraphNode[], wanted: ReadonlySet<string>): GraphNode[] => {
  const names = new Set(wanted);
  const kept: GraphNode[] = [];
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!;
    if (!node.outputs.some((name) => names.has(name))) continue;
    for (const name of node.inputs) names.add(name);
    kept.push(node);
  }
  return kept.reverse();
};

const part = (
  graph: Graph,
  nodes: readonly GraphNode[],
  extra: readonly NamedValue[],
  outputs: readonly NamedValue[],
): Graph => {
  const used = new Set(nodes.flatMap((node) => node.inputs));
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const constants = new Map<string, Constant>();
  const values = new Map<string, ValueInfo>();
  for (const [name, constant] of graph.constants) if (used.has(name)) constants.set(name, constant);
  for (const [name, info] of graph.values) if (made.has(name)) values.set(name, info);
  return {
    inputs: [...graph.inputs, ...extra].filter(({ name }) => used.has(name)),
    outputs,
    nodes,
    constants,
    values,
  };
};

/**
 * Cuts a graph: the first part makes the outputs that `isFirst` picks, with the fewest nodes; the second makes the
 * rest from what the first hands on.
 */
export const split = (graph: Graph, isFirst: (output: string) => boolean): Split => {
  const firstOutputs = graph.outputs.filter(({ name }) => isFirst(name));
  const firstNodes = needed(graph.nodes, new Set(firstOutputs.map(({ name }) => name)));
  const inFirst = new Set(firstNodes);
  const maker = new Map<string, GraphNode>();
  for (const node of firstNodes) for (const name of node.outputs) maker.set(name, node);

  const carried = new Set<string>();
  const repeated = new Set<GraphNode>();
  const demand = (name: string): void => {
    const node = maker.get(name);
    if (!node || carried.has(name) || repeated.has(node)) return;
    if (repeatable.has(node.op)) {
      repeated.add(node);
      node.inputs.forEach(demand);
    } else carried.add(name);
  };
  const rest = graph.nodes.filter((node) => !inFirst.has(node));
  for (const node of rest) node.inputs.forEach(demand);

  const secondOutputs = graph.outputs.filter(({ name }) => !isFirst(name));
  const named = [...carried].map((name): NamedValue => ({ name, ...graph.values.get(name)! }));
  const secondNodes = graph.nodes.filter((node) => !inFirst.has(node) || repeated.has(node));
  const own = new Set(firstOutputs.map(({ name }) => name));
  return {
    first: part(graph, firstNodes, [], [...firstOutputs, ...named.filter(({ name }) => !own.has(name))]),
    second: part(graph, secondNodes, named, secondOutputs),
    carried: named,
  };
};
