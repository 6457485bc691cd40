import { fail } from '@detrain/core';
import protobuf from 'protobufjs/minimal.js';
import { ELEMENT_TYPE } from './encode.ts';
import {
  type Attribute,
  type Constant,
  type Graph,
  type GraphNode,
  type NamedValue,
  sizeOf,
  type ValueInfo,
  type ValueType,
} from './graph.ts';

type Reader = protobuf.Reader;
type Fields = Readonly<Record<number, (reader: Reader, wire: number) => void>>;

/** `TensorProto.DataLocation.EXTERNAL`. */
const EXTERNAL = 1;

/** Reads one message: known fields by number, the rest skipped. */
const read = (reader: Reader, length: number, fields: Fields): void => {
  const end = reader.pos + length;
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = fields[tag >>> 3];
    if (field) field(reader, tag & 7);
    else reader.skipType(tag & 7);
  }
};
const nested = (reader: Reader, fields: Fields): void => read(reader, reader.uint32(), fields);

/** Repeated integers, packed or not. */
const integers = (into: number[]) => (reader: Reader, wire: number) => {
  if (wire !== 2) into.push(Number(reader.int64()));
  else for (const end = reader.uint32() + reader.pos; reader.pos < end; ) into.push(Number(reader.int64()));
};
const floats = (into: number[]) => (reader: Reader, wire: number) => {
  if (wire !== 2) into.push(reader.float());
  else for (const end = reader.uint32() + reader.pos; reader.pos < end; ) into.push(reader.float());
};

const typeOf = (code: number, name: string): ValueType => {
  const found = (Object.keys(ELEMENT_TYPE) as ValueType[]).find((dtype) => ELEMENT_TYPE[dtype] === code);
  return (
    found ??
    fail(
      'onnx',
      `'${name}' has element type ${code}`,
      'float32, int32, int64 or bool',
      'convert the model to these types',
    )
  );
};

const ARRAY = { float32: Float32Array, int32: Int32Array, int64: BigInt64Array, bool: Uint8Array } as const;

const readTensor = (reader: Reader): { name: string; tensor: Constant } => {
  const shape: number[] = [];
  const numbers: number[] = [];
  let code = 0;
  let location = 0;
  let name = '';
  let raw: Uint8Array | undefined;
  nested(reader, {
    1: integers(shape),
    2: (r) => (code = r.int32()),
    4: floats(numbers),
    5: integers(numbers),
    7: integers(numbers),
    8: (r) => (name = r.string()),
    9: (r) => (raw = r.bytes()),
    14: (r) => (location = r.int32()),
  });
  if (location === EXTERNAL)
    fail(
      'onnx',
      `the numbers of tensor '${name}' lie in another file`,
      'a model in one file',
      'save it without external data (onnx.save_model(model, path, save_as_external_data=False))',
    );
  const dtype = typeOf(code, name);
  const values = dtype === 'int64' ? BigInt64Array.from(numbers, BigInt) : ARRAY[dtype].from(numbers as never);
  const data = raw ? new ARRAY[dtype](Uint8Array.from(raw).buffer) : values;
  if (data.length !== sizeOf(shape))
    fail(
      'onnx',
      `tensor '${name}' has ${data.length} numbers`,
      `${sizeOf(shape)} for its shape [${shape.join(', ')}]`,
      'the file is damaged: download or export it again',
    );
  return { name, tensor: { shape, dtype, data } as Constant };
};

const readAttribute = (reader: Reader): [string, Attribute] => {
  let name = '';
  let kind = 0;
  let single: Attribute | undefined;
  const ints: number[] = [];
  const reals: number[] = [];
  nested(reader, {
    1: (r) => (name = r.string()),
    2: (r) => (single = { float: r.float() }),
    3: (r) => (single = { int: Number(r.int64()) }),
    4: (r) => (single = { string: r.string() }),
    5: (r) => (single = { tensor: readTensor(r).tensor }),
    7: floats(reals),
    8: integers(ints),
    20: (r) => (kind = r.int32()),
  });
  return [name, single ?? (kind === 6 ? { floats: reals } : { ints })];
};

const readNode = (reader: Reader): GraphNode => {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: Record<string, Attribute> = {};
  let op = '';
  let name = '';
  let domain = '';
  nested(reader, {
    1: (r) => inputs.push(r.string()),
    2: (r) => outputs.push(r.string()),
    3: (r) => (name = r.string()),
    4: (r) => (op = r.string()),
    5: (r) => {
      const [name, value] = readAttribute(r);
      attributes[name] = value;
    },
    7: (r) => (domain = r.string()),
  });
  return { op, ...(name === '' ? {} : { name }), inputs, outputs, attributes, ...(domain === '' ? {} : { domain }) };
};

/** Sizes that are not numbers (named dimensions) read as -1. */
const readValue = (reader: Reader): NamedValue => {
  const shape: number[] = [];
  let name = '';
  let code = 0;
  const dimension = (r: Reader) => {
    let size = -1;
    nested(r, { 1: (d) => (size = Number(d.int64())) });
    shape.push(size);
  };
  const tensor: Fields = { 1: (r) => (code = r.int32()), 2: (r) => nested(r, { 1: dimension }) };
  nested(reader, { 1: (r) => (name = r.string()), 2: (r) => nested(r, { 1: (t) => nested(t, tensor) }) });
  return { name, shape, dtype: typeOf(code, name) };
};

const readModel = (bytes: Uint8Array): Graph => {
  const inputs: NamedValue[] = [];
  const outputs: NamedValue[] = [];
  const nodes: GraphNode[] = [];
  const constants = new Map<string, Constant>();
  const values = new Map<string, ValueInfo>();
  const graph: Fields = {
    1: (r) => nodes.push(readNode(r)),
    5: (r) => {
      const { name, tensor } = readTensor(r);
      constants.set(name, tensor);
    },
    11: (r) => inputs.push(readValue(r)),
    12: (r) => outputs.push(readValue(r)),
    13: (r) => {
      const { name, shape, dtype } = readValue(r);
      values.set(name, { shape, dtype });
    },
  };
  const reader = protobuf.Reader.create(bytes);
  read(reader, bytes.length, { 7: (r) => nested(r, graph) });
  // Old files list their constants among the inputs, too.
  return { inputs: inputs.filter(({ name }) => !constants.has(name)), outputs, nodes, constants, values };
};

/**
 * The graph in the bytes of an ONNX model file.
 *
 * @throws Error when the bytes are no ONNX model or only a part of one, when a tensor's type is not float32, int32, int64 or
 *   bool, and when its data lies in another file.
 */
export const decodeModel = (bytes: Uint8Array): Graph => {
  try {
    return readModel(bytes);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('onnx: ')) throw error;
    // What protobufjs and typed arrays say of a message that ends early or makes no sense.
    return fail(
      'onnx',
      `${bytes.length} bytes that are no whole ONNX model (${error instanceof Error ? error.message : String(error)})`,
      'a model file as an exporter wrote it',
      'it is damaged or was cut short: download or export it again',
    );
  }
};
