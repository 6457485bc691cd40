/**
 * Model files without what records them: importing this loads no tfjs.
 *
 * @module
 */
export { decodeModel } from './decode.ts';
export { encodeModel } from './encode.ts';
export type { Attribute, Constant, Graph, GraphNode, Int64Tensor, NamedValue, ValueInfo, ValueType } from './graph.ts';
