import type { Constant, Graph } from '@detrain/onnx/file';
import { wiringOf } from './wiring.ts';

/** What a graph tells of its model beside the weights; absent where it does not. */
export interface GraphFacts {
  /** Height and width of the images it was exported for. */
  readonly inputSize?: readonly [height: number, width: number];
  readonly numQueries?: number;
  /** D-FINE's W(n), how far each bin shifts an edge. */
  readonly weighting?: readonly number[];
}

const numbers = (tensor: Constant | undefined): readonly number[] | undefined =>
  tensor && Array.from(tensor.data as ArrayLike<number | bigint>, Number);

/** Reads {@link GraphFacts} off a graph. */
export const factsOf = (graph: Graph): GraphFacts => {
  const { constant } = wiringOf(graph);
  const [, channels, height = 0, width = 0] = graph.inputs.find(({ shape }) => shape.length === 4)?.shape ?? [];
  // The first choice of the k best is that of the queries; the others read what it chose.
  const select = graph.nodes.find(({ op }) => op === 'TopK');
  const count = numbers(constant(select?.inputs[1]))?.[0];
  // The only stored vector that something is multiplied with as a matrix.
  const weighting = graph.nodes
    .filter(({ op }) => op === 'MatMul')
    .map(({ inputs }) => constant(inputs[1]))
    .find((tensor) => tensor?.shape.length === 1);
  return {
    ...(channels === 3 && height > 0 && width > 0 ? { inputSize: [height, width] } : {}),
    ...(count !== undefined ? { numQueries: count } : {}),
    ...(weighting ? { weighting: numbers(weighting) as readonly number[] } : {}),
  };
};
