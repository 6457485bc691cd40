import type { Detector } from '@detrain/core/tensors';
import { type Graph, type GraphNode, trace } from '@detrain/onnx';
import { parameterInputs, predictionProgram } from '@detrain/trainer';

/** Floating-point operations by the module that they belong to, under the name of a parameter of it. */
export type Operations = ReadonlyMap<string, number>;

const sizeOf = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);

/** Operations that hand parameters on in another form. */
const FORMS: ReadonlySet<string> = new Set([
  'Transpose',
  'Reshape',
  'Slice',
  'Split',
  'Squeeze',
  'Unsqueeze',
  'Cast',
  'Concat',
]);
/** Operations that count one for each number that they give … */
const ELEMENTWISE: ReadonlySet<string> = new Set(['Relu', 'Sigmoid', 'Erf', 'Softmax']);
/** … or take. */
const POOLS: ReadonlySet<string> = new Set(['MaxPool', 'AveragePool']);
/** What a batch norm takes for each number: a factor and a shift. */
const PER_NORM = 2;

/**
 * Floating-point operations of a graph whose inputs are parameters under their names, as the published figures count them
 * (calflops, the tool of the official repositories): two for each multiplication of convolutions and linear maps, the batch
 * norm that was folded into a convolution, one for each number of an activation, softmax or pool. Not counted there: attention's
 * products of queries, keys and values, sampling, sums and products of maps.
 */
export const countOperations = (graph: Graph): Operations => {
  const inputs = new Map(graph.inputs.map((input) => [input.name, input]));
  const shapeOf = (name: string) =>
    (graph.values.get(name) ?? graph.constants.get(name) ?? inputs.get(name))?.shape ?? [];
  const parameters = new Map([...inputs.keys()].filter((name) => name !== 'images').map((name) => [name, name]));
  const modules = new Map<string, string>();
  const counts = new Map<string, number>();
  const operations = ({ op, inputs: ins, outputs }: GraphNode, weight: string | undefined): number => {
    const [first = '', second = ''] = ins;
    const out = sizeOf(shapeOf(outputs[0] ?? ''));
    if (op === 'Conv') return 2 * out * sizeOf(shapeOf(second).slice(1)) + PER_NORM * out;
    if (op === 'MatMul' || op === 'Gemm')
      // Of the weight's two axes the result has one; the other is summed over.
      return weight === undefined ? 0 : (2 * out * sizeOf(shapeOf(second))) / (shapeOf(outputs[0] ?? '').at(-1) ?? 1);
    if (ELEMENTWISE.has(op)) return out;
    return POOLS.has(op) ? sizeOf(shapeOf(first)) : 0;
  };
  for (const node of graph.nodes) {
    const joined = node.op === 'Concat' ? node.inputs : node.inputs.slice(0, 1);
    const form =
      FORMS.has(node.op) && joined.every((input) => parameters.has(input)) ? parameters.get(joined[0]!) : undefined;
    if (form !== undefined) {
      for (const output of node.outputs) parameters.set(output, form);
      continue;
    }
    const weight = node.inputs.map((input) => parameters.get(input)).find((name) => name !== undefined);
    const module = weight ?? node.inputs.map((input) => modules.get(input)).find((name) => name !== undefined);
    if (module === undefined) continue;
    for (const output of node.outputs) modules.set(output, module);
    const count = operations(node, parameters.get(node.inputs[1] ?? ''));
    if (count > 0) counts.set(module, (counts.get(module) ?? 0) + count);
  }
  return counts;
};

/** Operations of a detector on one image of a size in pixels. */
export const operationsOf = (
  detector: Detector,
  [width, height]: readonly [width: number, height: number],
): Operations => {
  const specs = Object.fromEntries(
    parameterInputs(detector).map(({ name, shape }) => [name, { shape, dtype: 'float32' as const }]),
  );
  const images = { shape: [1, height, width, 3], dtype: 'float32' as const };
  return countOperations(trace(predictionProgram(detector).run, { ...specs, images }));
};
