import type { DType } from '@detrain/core';
import { finish } from './finish.ts';
import {
  type Attribute,
  type Constant,
  type Graph,
  type GraphNode,
  type NamedValue,
  sameNumbers,
  type ValueInfo,
} from './graph.ts';
import { identity, type Layout, named, physicalShape, type Traced } from './traced.ts';

/** Names that the recorder makes start with this, so that they never meet a parameter's name. */
export const PREFIX = '#';

/** How `place` hands out a value. */
export interface Placement {
  /** Physical order wanted; the value's own where absent. */
  readonly perm?: readonly number[];
  /** Logical axes that must not be repeated lazily; `true` for all. */
  readonly whole?: readonly number[] | true;
}

/** A graph while it is recorded. Nodes with the same operation, inputs and attributes are recorded once. */
export interface Recording {
  /** Records a node with one output and returns that output's name. */
  node(op: string, inputs: readonly string[], out: ValueInfo, attributes?: Readonly<Record<string, Attribute>>): string;
  /** Records a node with several outputs. `domain` names an operator set other than ONNX's own. */
  nodes(
    op: string,
    inputs: readonly string[],
    outs: readonly ValueInfo[],
    attributes?: Readonly<Record<string, Attribute>>,
    domain?: string,
  ): readonly string[];
  /** Records a node with one output that lies as `layout` says, and returns it as a value. */
  value(
    op: string,
    inputs: readonly string[],
    layout: Layout,
    attributes?: Readonly<Record<string, Attribute>>,
  ): Traced;
  /** Stores a tensor in the graph and returns its name. */
  constant(tensor: Constant): string;
  /** Stores a vector of 64-bit integers: shapes, axes, starts. */
  int64(values: readonly number[], shape?: readonly number[]): string;
  /** Stores a float32 scalar. */
  scalar(value: number, dtype?: DType): string;
  /** The name of a value, which may lack axes of size 1. */
  raw(value: Traced): string;
  /** The name of a value as it lies in memory, with all its axes. */
  name(value: Traced): string;
  /** A named value under another physical shape. */
  reshaped(name: string, shape: readonly number[]): string;
  /** The name of a value laid out as asked: transposes, reshapes and repeats as little as possible. */
  place(value: Traced, placement: Placement): string;
  /** The same value laid out as asked. */
  placed(value: Traced, placement: Placement): Traced;
  /** Shape and type of a named value. */
  info(name: string): ValueInfo;
  /** Declares a graph input. */
  input(name: string, info: ValueInfo & { readonly dtype: DType }): Traced;
  /** The graph whose outputs are these values. */
  finish(outputs: Readonly<Record<string, Traced>>): Graph;
}

const bytesOf = ({ data }: Constant): string =>
  String.fromCharCode(...new Uint8Array(data.buffer, data.byteOffset, data.byteLength));

/** Constants up to this many bytes are looked up by content, so that each is stored once. */
const SMALL = 4096;

/** Operations whose operands may change places. */
const COMMUTATIVE: ReadonlySet<string> = new Set(['Add', 'Mul', 'Max', 'Min', 'And', 'Or', 'Xor', 'Equal']);

/** Starts a recording. */
export const record = (): Recording => {
  const inputs: NamedValue[] = [];
  const nodes: GraphNode[] = [];
  const constants = new Map<string, Constant>();
  const values = new Map<string, ValueInfo>();
  const known = new Map<string, readonly string[]>();
  const stored = new Map<string, string>();
  const large = new WeakMap<object, string>();
  const origins = new Map<string, string>();
  let count = 0;
  const fresh = () => `${PREFIX}${count++}`;

  const recording: Recording = {
    nodes(op, ins, outs, attributes = {}, domain = '') {
      const ordered = COMMUTATIVE.has(op) ? [...ins].sort() : ins;
      const key = `${domain}:${op}(${ordered.join()})${JSON.stringify(attributes)}`;
      const seen = known.get(key);
      if (seen) return seen;
      const names = outs.map(fresh);
      nodes.push({ op, inputs: ins, outputs: names, attributes, ...(domain === '' ? {} : { domain }) });
      for (const [i, out] of outs.entries()) values.set(names[i]!, out);
      known.set(key, names);
      return names;
    },
    node: (op, ins, out, attributes) => recording.nodes(op, ins, [out], attributes)[0]!,
    value(op, ins, layout, attributes) {
      const value = named('', layout);
      const name = recording.node(op, ins, { shape: physicalShape(value), dtype: value.dtype }, attributes);
      return named(name, value);
    },
    constant(tensor) {
      const small = tensor.data.byteLength <= SMALL;
      const key = small ? `${tensor.dtype}[${tensor.shape}]${bytesOf(tensor)}` : '';
      const seen = small ? stored.get(key) : large.get(tensor.data);
      if (seen !== undefined && sameNumbers(values.get(seen)!.shape, tensor.shape)) return seen;
      const name = fresh();
      constants.set(name, tensor);
      values.set(name, { shape: tensor.shape, dtype: tensor.dtype });
      if (small) stored.set(key, name);
      else large.set(tensor.data, name);
      return name;
    },
    int64: (numbers, shape = [numbers.length]) =>
      recording.constant({ shape, dtype: 'int64', data: BigInt64Array.from(numbers, BigInt) }),
    scalar: (value, dtype = 'float32') =>
      recording.constant({
        shape: [],
        dtype,
        data:
          dtype === 'float32'
            ? Float32Array.of(value)
            : dtype === 'int32'
              ? Int32Array.of(value)
              : Uint8Array.of(value),
      }),
    reshaped(name, shape) {
      // A reshape of a reshape starts from the first value, and often leads back to it.
      const origin = origins.get(name) ?? name;
      const { shape: actual, dtype } = values.get(origin)!;
      if (sameNumbers(actual, shape)) return origin;
      const made = recording.node('Reshape', [origin, recording.int64(shape)], { shape, dtype });
      origins.set(made, origin);
      return made;
    },
    raw({ source, dtype, ...layout }) {
      if (source.kind === 'value') return source.name;
      if (source.kind === 'mask') {
        const from = recording.raw(source.of);
        return recording.node('Cast', [from], { shape: recording.info(from).shape, dtype }, castTo(dtype));
      }
      if (source.data.length === 1) return recording.scalar(source.data[0]!, dtype);
      const shape = layout.perm.map((axis) => layout.stored[axis]!);
      return recording.constant({ shape, dtype, data: source.data });
    },
    name(value) {
      const name = recording.raw(value);
      return recording.reshaped(name, physicalShape(value));
    },
    place(value, { perm = value.perm, whole = [] }) {
      let name = recording.raw(value);
      const { dtype } = value;
      const wide = (axis: number) => value.stored[axis] !== 1;
      const target = perm.map((axis) => value.stored[axis]!);
      if (!sameNumbers(value.perm.filter(wide), perm.filter(wide))) {
        const order = perm.map((axis) => value.perm.indexOf(axis));
        name = recording.reshaped(name, physicalShape(value));
        name = recording.node('Transpose', [name], { shape: target, dtype }, { perm: { ints: order } });
      }
      name = recording.reshaped(name, target);
      const full = perm.map((axis) =>
        whole === true || whole.includes(axis) ? value.shape[axis]! : value.stored[axis]!,
      );
      if (sameNumbers(full, target)) return name;
      return recording.node('Expand', [name, recording.int64(full)], { shape: full, dtype });
    },
    placed(value, { perm = value.perm, whole = [] }) {
      const name = recording.place(value, { perm, whole });
      const stored = value.stored.map((size, axis) =>
        whole === true || whole.includes(axis) ? value.shape[axis]! : size,
      );
      return named(name, { ...value, stored, perm });
    },
    info: (name) => values.get(name)!,
    input(name, info) {
      inputs.push({ name, shape: info.shape, dtype: info.dtype });
      values.set(name, info);
      return named(name, info);
    },
    finish(outputs) {
      const named = Object.entries(outputs).map(([name, value]) => {
        const perm = identity(value.shape.length);
        return { name, from: recording.place(value, { perm, whole: true }), shape: value.shape, dtype: value.dtype };
      });
      return finish({ inputs, nodes, constants, values }, named);
    },
  };
  return recording;
};

const ONNX_TYPE = { float32: 1, int32: 6, bool: 9, int64: 7 } as const;

/** Attributes of a Cast to a type. */
export const castTo = (dtype: ValueInfo['dtype']): Record<string, Attribute> => ({ to: { int: ONNX_TYPE[dtype] } });
