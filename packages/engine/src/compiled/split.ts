import type { Constant, Graph, GraphNode, NamedValue, ValueInfo } from '@detrain/onnx';
import { carryCost, repeatCost } from './cost.ts';
import { createNetwork } from './min-cut.ts';

/** A graph in two parts that run one after the other. */
export interface Split {
  readonly first: Graph;
  readonly second: Graph;
  /** Values of the first part that the second needs: outputs of the one, inputs of the other. */
  readonly carried: readonly NamedValue[];
}

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

/** Shape and type of every value of a graph. */
const lookUp = (graph: Graph): ((name: string) => ValueInfo | undefined) => {
  const inputs = new Map(graph.inputs.map((input) => [input.name, input]));
  return (name) => graph.values.get(name) ?? inputs.get(name) ?? graph.constants.get(name);
};

/**
 * Which values the second part is handed, the others being made again: the cheapest cut between the nodes that cannot
 * be repeated and the values that the second part asks for. (The idea of PyTorch's min-cut partitioner.)
 */
const choose = (
  graph: Graph,
  first: readonly GraphNode[],
  asked: ReadonlySet<string>,
  free: ReadonlySet<string>,
): Set<string> => {
  const info = lookUp(graph);
  const network = createNetwork();
  const source = network.node();
  const sink = network.node();
  const values = new Map<string, number>();
  const edges: { name: string; node: number; value: number }[] = [];
  for (const node of first) {
    const made = network.node();
    network.edge(source, made, repeatCost(node, info));
    for (const name of node.inputs) {
      const value = values.get(name);
      if (value !== undefined) network.edge(value, made, Number.POSITIVE_INFINITY);
    }
    for (const name of node.outputs) {
      const described = info(name);
      if (!described) continue; // Nobody reads it.
      const value = network.node();
      values.set(name, value);
      // What the host reads is handed out anyway.
      network.edge(made, value, free.has(name) ? 1 : carryCost(described));
      edges.push({ name, node: made, value });
      if (asked.has(name)) network.edge(value, sink, Number.POSITIVE_INFINITY);
    }
  }
  const near = network.cut(source, sink);
  return new Set(edges.filter(({ node, value }) => near[node] && !near[value]).map(({ name }) => name));
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

/** Nodes that make some values again from what is at hand, as a set. */
const remakes = (
  first: readonly GraphNode[],
  asked: Iterable<string>,
  carried: ReadonlySet<string>,
): Set<GraphNode> => {
  const missing = new Set([...asked].filter((name) => !carried.has(name)));
  const nodes = new Set<GraphNode>();
  for (let i = first.length - 1; i >= 0; i--) {
    const node = first[i]!;
    if (!node.outputs.some((name) => missing.has(name))) continue;
    nodes.add(node);
    for (const name of node.inputs) if (!carried.has(name)) missing.add(name);
  }
  return nodes;
};

/**
 * Cuts a graph: the first part makes the outputs that `isFirst` picks, with the fewest nodes, and others that fall out
 * of the same nodes; the second makes the rest. What it needs of the first part it is handed or makes again, whichever
 * takes less time. Either part may be empty.
 */
export const split = (graph: Graph, isFirst: (output: string) => boolean): Split => {
  const first = needed(graph.nodes, new Set(graph.outputs.map(({ name }) => name).filter(isFirst)));
  const inFirst = new Set(first);
  const made = new Set(first.flatMap((node) => node.outputs));
  const rest = graph.nodes.filter((node) => !inFirst.has(node));
  const asked = new Set(rest.flatMap((node) => node.inputs).filter((name) => made.has(name)));
  const firstOutputs = graph.outputs.filter(({ name }) => made.has(name));
  const own = new Set(firstOutputs.map(({ name }) => name));

  const carried = choose(graph, first, asked, own);
  const repeated = remakes(first, asked, carried);
  // A node is repeated as a whole: what it also makes must not come from both sides.
  const again = new Set([...repeated].flatMap((node) => node.outputs));
  const named = [...carried]
    .filter((name) => !again.has(name))
    .map((name): NamedValue => ({ name, ...graph.values.get(name)! }));
  const second = graph.nodes.filter((node) => !inFirst.has(node) || repeated.has(node));
  return {
    first: part(graph, first, [], [...firstOutputs, ...named.filter(({ name }) => !own.has(name))]),
    second: part(
      graph,
      second,
      named,
      graph.outputs.filter(({ name }) => !made.has(name)),
    ),
    carried: named,
  };
};
