import type { Graph, ValueInfo } from '@detrain/onnx';

/**
 * Outputs that are but another value under a new shape become that value, where the host knows the shape itself: a step has hundreds of
 * such reshapes.
 */
export const bareOutputs = (graph: Graph, mayLoseShape: (output: string) => boolean): Graph => {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const made = new Set(graph.nodes.flatMap((node) => node.outputs));
  const read = new Set(graph.nodes.flatMap((node) => node.inputs));
  const names = new Map<string, string>();
  const dropped = new Set<string>();
  for (const { op, inputs, outputs: results } of graph.nodes) {
    const [source = '', result = ''] = [inputs[0], results[0]];
    if (op !== 'Reshape' || !outputs.has(result) || !mayLoseShape(result) || read.has(result)) continue;
    if (!made.has(source) || outputs.has(source) || names.has(source)) continue;
    names.set(source, result);
    dropped.add(result);
  }
  const nameOf = (name: string) => names.get(name) ?? name;
  const values = new Map<string, ValueInfo>();
  for (const [name, info] of graph.values) if (!dropped.has(name)) values.set(nameOf(name), info);
  return {
    ...graph,
    values,
    outputs: graph.outputs.map((output) => ({ ...output, ...values.get(output.name) })),
    nodes: graph.nodes
      .filter((node) => !dropped.has(node.outputs[0]!))
      .map((node) => ({ ...node, inputs: node.inputs.map(nameOf), outputs: node.outputs.map(nameOf) })),
  };
};
