import type { Graph, GraphNode } from '@detrain/onnx/file';
import { linearAt, type Wiring } from './wiring.ts';

/** The three products of an attention that project its query, key and value. */
export interface AttentionNodes {
  readonly query: GraphNode;
  readonly key: GraphNode;
  readonly value: GraphNode;
}

/** The linear map that a value comes from, through whatever moves, splits or scales numbers; sizes are no numbers. */
const projectionOf = (value: string, wiring: Wiring): GraphNode | undefined => {
  const seen = new Set<string>();
  const waiting = [value];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const node = wiring.producer(next);
    if (!node || seen.has(next) || node.op === 'Shape') continue;
    seen.add(next);
    if (linearAt(node, wiring)) return node;
    if (node.op !== 'MatMul' && node.op !== 'Softmax') waiting.push(...node.inputs);
  }
  return undefined;
};

/** The product behind a softmax's input, which a mask may have been added to. */
const scoresOf = (softmax: GraphNode, wiring: Wiring): GraphNode | undefined => {
  const before = wiring.producer(softmax.inputs[0] ?? '');
  const sources = before?.op === 'Add' ? before.inputs.map((input) => wiring.producer(input)) : [before];
  return sources.find((node) => node?.op === 'MatMul' && !linearAt(node, wiring));
};

/**
 * Every multi-head attention of a graph, found by its shape: a softmax of the product of two projections, multiplied with a
 * third. The exporter gives the packed projection's three parts away under no name.
 */
export const findAttentions = (graph: Graph, wiring: Wiring): readonly AttentionNodes[] => {
  const found: AttentionNodes[] = [];
  for (const softmax of graph.nodes) {
    if (softmax.op !== 'Softmax') continue;
    const scores = scoresOf(softmax, wiring);
    const context = wiring.consumers(softmax.outputs[0] ?? '').find(({ op }) => op === 'MatMul');
    if (!scores || !context) continue;
    const [query, key, value] = [scores.inputs[0], scores.inputs[1], context.inputs[1]].map((input) =>
      projectionOf(input ?? '', wiring),
    );
    if (query && key && value) found.push({ query, key, value });
  }
  return found;
};
