export { bindInputs } from './bind.ts';
export { decodeModel } from './decode.ts';
export { encodeModel } from './encode.ts';
export type {
  Attribute,
  Constant,
  Graph,
  GraphNode,
  Int64Tensor,
  NamedValue,
  ValueInfo,
  ValueType,
} from './graph.ts';
export { defineKernel, type KernelAttributes, type KernelCall, kernelNames, type Recorder } from './kernel.ts';
export type { Placement, Recording } from './recording.ts';
export { trace } from './trace.ts';
export {
  constant,
  identity,
  type Layout,
  masked,
  named,
  permuted,
  type Source,
  type Traced,
  uniform,
  uniformValue,
} from './traced.ts';
export * as write from './write.ts';
