import { fail } from '@detrain/core';
import type { Constant, Graph, GraphNode, NamedValue, ValueInfo } from './graph.ts';

interface Recorded {
  readonly inputs: readonly NamedValue[];
  readonly nodes: readonly GraphNode[];
  readonly constants: ReadonlyMap<string, Constant>;
  readonly values: ReadonlyMap<string, ValueInfo>;
}

/**
 * Turns what was recorded into a graph: gives outputs their names and drops nodes and constants that no output needs.
 *
 * @throws Error when an output has the name of an input.
 */
export const finish = (recorded: Recorded, outputs: readonly (NamedValue & { readonly from: string })[]): Graph => {
  const made = new Set(recorded.nodes.flatMap((node) => node.outputs));
  const inputs = new Set(recorded.inputs.map(({ name }) => name));
  const renamed = new Map<string, string>();
  const copies: GraphNode[] = [];
  for (const { name, from } of outputs) {
    if (inputs.has(name))
      fail('onnx', `output '${name}' has the name of an input`, 'distinct names', 'rename the output');
    if (made.has(from) && !renamed.has(from)) renamed.set(from, name);
    else copies.push({ op: 'Identity', inputs: [from], outputs: [name], attributes: {} });
  }
  const rename = (name: string) => renamed.get(name) ?? name;
  const isCopy = new Set(copies);
  const all = [...recorded.nodes, ...copies];
  const needed = new Set(outputs.map(({ from }) => from));
  const nodes: GraphNode[] = [];
  for (const node of all.reverse()) {
    if (!isCopy.has(node) && !node.outputs.some((name) => needed.has(name))) continue;
    for (const name of node.inputs) needed.add(name);
    nodes.push({ ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) });
  }
  nodes.reverse();
  const values = new Map<string, ValueInfo>();
  for (const node of recorded.nodes) {
    for (const name of node.outputs) if (needed.has(name)) values.set(rename(name), recorded.values.get(name)!);
  }
  for (const { name, shape, dtype } of outputs) values.set(name, { shape, dtype });
  return {
    inputs: recorded.inputs,
    outputs: outputs.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
    nodes,
    constants: new Map([...recorded.constants].filter(([name]) => needed.has(name))),
    values,
  };
};
