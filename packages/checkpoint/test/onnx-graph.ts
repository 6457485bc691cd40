import type { Constant, Graph, GraphNode } from '@detrain/onnx/file';

/** Consecutive numbers. */
export const tensor = (shape: readonly number[], from = 0): Constant => {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, dtype: 'float32', data: Float32Array.from({ length: size }, (_, i) => from + i) };
};
export const int64 = (...values: number[]): Constant => ({
  shape: [values.length],
  dtype: 'int64',
  data: BigInt64Array.from(values, BigInt),
});

/** A graph of operations `[name, op, inputs, output]`. */
export const graphOf = (
  operations: readonly (readonly [name: string, op: string, inputs: readonly string[], output: string])[],
  constants: Readonly<Record<string, Constant>>,
): Graph => ({
  inputs: [{ name: 'images', shape: [-1, 3, 64, 96], dtype: 'float32' }],
  outputs: [],
  nodes: operations.map(
    ([name, op, inputs, output]): GraphNode => ({
      ...(name === '' ? {} : { name }),
      op,
      inputs,
      outputs: [output],
      attributes: name.includes('Gemm') ? { transB: { int: 1 } } : {},
    }),
  ),
  constants: new Map(Object.entries(constants)),
  values: new Map(),
});
