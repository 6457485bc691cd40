import type { DType, HostTensor } from '@detrain/core';

/** An attribute of an ONNX node. ONNX tells integers from floats, so the kind is spelled out. */
export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly string: string }
  | { readonly tensor: Constant };

/** Element types of graph values: tfjs's, and int64 for shapes and indices that ONNX wants wide. */
export type ValueType = DType | 'int64';

/** A named tensor value of a graph. */
export interface ValueInfo {
  readonly shape: readonly number[];
  readonly dtype: ValueType;
}

export interface NamedValue extends ValueInfo {
  readonly name: string;
}

/** A tensor of 64-bit integers, row-major. */
export interface Int64Tensor {
  readonly shape: readonly number[];
  readonly dtype: 'int64';
  readonly data: BigInt64Array;
}

/** A tensor that is stored in the graph. */
export type Constant = HostTensor | Int64Tensor;

/** One operation. An empty input name is an absent optional input. */
export interface GraphNode {
  readonly op: string;
  /** Exporters put the path of the module that the operation stems from here. */
  readonly name?: string;
  /** Operator set of `op`; ONNX's own where absent. */
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** An ONNX graph with fixed shapes. */
export interface Graph {
  readonly inputs: readonly NamedValue[];
  readonly outputs: readonly NamedValue[];
  /** In topological order. */
  readonly nodes: readonly GraphNode[];
  readonly constants: ReadonlyMap<string, Constant>;
  /** Shape and type of every value that a node makes, for those who cut a graph in parts. */
  readonly values: ReadonlyMap<string, ValueInfo>;
}

/** Number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Whether two shapes or index lists are the same. */
export const sameNumbers = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);
