import type { GraphNode, ValueInfo } from '@detrain/onnx';
import { sizeOf } from '../host.ts';

/** Microseconds a megabyte that onnxruntime-node takes to hand a result out: it copies it into a new array. */
const CARRY = 500;
/** Microseconds that every value costs at either side, whatever its size. */
const CROSSING = 15;
/** Multiplications and additions a microsecond. */
const ARITHMETIC = 40_000;

/**
 * Rough microseconds a megabyte of result (of input for reductions) by kind of operation, measured on two threads. Not rounded up: what is
 * made again need not be kept, and what is kept passes through memory twice and is more for the garbage collector to do.
 */
const rates: readonly (readonly [rate: number, ops: readonly string[]])[] = [
  [0, ['Reshape', 'Squeeze', 'Unsqueeze', 'Identity', 'Flatten', 'ConstantOfShape']],
  [25, ['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Neg', 'Abs', 'Relu', 'Sqrt', 'Reciprocal', 'Cast', 'Clip', 'Sign']],
  [25, ['HardSigmoid', 'Floor', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Equal', 'Not', 'And', 'Or']],
  [25, ['Where', 'LeakyRelu', 'Sum', 'ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin']],
  [
    50,
    ['Transpose', 'Expand', 'Tile', 'Concat', 'Slice', 'Split', 'Pad', 'Gather', 'GatherElements', 'Resize', 'Round'],
  ],
  [50, ['MatMul', 'FusedMatMul', 'Gemm', 'Conv']],
  [90, ['Exp', 'Log', 'Sigmoid', 'Tanh', 'Erf', 'Softplus', 'Softmax', 'LogSoftmax', 'Sin', 'Cos', 'Pow', 'Elu']],
  [120, ['MaxPool', 'AveragePool', 'LayerNormalization', 'InstanceNormalization']],
];
const rateOf = new Map(rates.flatMap(([rate, ops]) => ops.map((op) => [op, rate] as const)));

const bytes = { float32: 4, int32: 4, bool: 1, int64: 8 } as const;
const megabytes = ({ shape, dtype }: ValueInfo): number => (sizeOf(shape) * bytes[dtype]) / 1e6;

/** Multiplications and additions that one element of the result takes. */
const depth = ({ op, attributes }: GraphNode, [a, b]: readonly (ValueInfo | undefined)[]): number => {
  if (op === 'Conv') return sizeOf(b!.shape.slice(1));
  const turned = (attributes['transA'] as { int: number } | undefined)?.int;
  return op.endsWith('MatMul') || op === 'Gemm' ? a!.shape.at(turned ? -2 : -1)! : 0;
};

/** Microseconds that it takes to hand a value from one session to the other. */
export const carryCost = (value: ValueInfo): number => CROSSING + CARRY * megabytes(value);

/** Microseconds that it takes to run a node again; infinite where it must not be, or nobody knows. */
export const repeatCost = (node: GraphNode, info: (name: string) => ValueInfo | undefined): number => {
  const rate = rateOf.get(node.op);
  const inputs = node.inputs.map(info);
  if (rate === undefined || !inputs[0]) return Number.POSITIVE_INFINITY;
  const outputs = node.outputs.flatMap((name) => info(name) ?? []);
  const measured = node.op.startsWith('Reduce') ? inputs[0] : undefined;
  const moved = measured ? megabytes(measured) : outputs.reduce((sum, output) => sum + megabytes(output), 0);
  const arithmetic = outputs.reduce((sum, { shape }) => sum + sizeOf(shape) * 2 * depth(node, inputs), 0);
  return 1 + (rate ? 4 : 0) + rate * moved + arithmetic / ARITHMETIC;
};
