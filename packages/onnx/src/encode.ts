import protobuf from 'protobufjs/minimal.js';
import type { Attribute, Constant, Graph, GraphNode, NamedValue, ValueType } from './graph.ts';

type Writer = protobuf.Writer;

/** Version of ONNX's own operator set. */
const OPSET = 18;
const IR_VERSION = 9;

/** `TensorProto.DataType`. */
export const ELEMENT_TYPE: Readonly<Record<ValueType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9 };

const VARINT = 0;
const LENGTH = 2;
const FIXED32 = 5;
/** A field's tag. */
const tag = (field: number, wire: number): number => (field << 3) | wire;

const message = (writer: Writer, field: number, write: () => void): void => {
  writer.uint32(tag(field, LENGTH)).fork();
  write();
  writer.ldelim();
};
const text = (writer: Writer, field: number, value: string): Writer => writer.uint32(tag(field, LENGTH)).string(value);
const integer = (writer: Writer, field: number, value: number): Writer =>
  writer.uint32(tag(field, VARINT)).int64(value);

/** TensorProto. Little-endian raw data, as every machine that Node runs on has it. */
const writeTensor = (writer: Writer, { shape, dtype, data }: Constant, name = ''): void => {
  for (const size of shape) integer(writer, 1, size);
  integer(writer, 2, ELEMENT_TYPE[dtype]);
  if (name !== '') text(writer, 8, name);
  writer.uint32(tag(9, LENGTH)).bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
};

/** AttributeProto. */
const writeAttribute = (writer: Writer, name: string, value: Attribute): void => {
  text(writer, 1, name);
  if ('float' in value) integer(writer.uint32(tag(2, FIXED32)).float(value.float), 20, 1);
  else if ('int' in value) integer(integer(writer, 3, value.int), 20, 2);
  else if ('string' in value) integer(text(writer, 4, value.string), 20, 3);
  else if ('tensor' in value) {
    message(writer, 5, () => writeTensor(writer, value.tensor));
    integer(writer, 20, 4);
  } else if ('floats' in value) {
    for (const x of value.floats) writer.uint32(tag(7, FIXED32)).float(x);
    integer(writer, 20, 6);
  } else {
    for (const x of value.ints) integer(writer, 8, x);
    integer(writer, 20, 7);
  }
};

/** NodeProto. */
const writeNode = (writer: Writer, { op, name, domain, inputs, outputs, attributes }: GraphNode): void => {
  for (const input of inputs) text(writer, 1, input);
  for (const output of outputs) text(writer, 2, output);
  if (name !== undefined) text(writer, 3, name);
  text(writer, 4, op);
  for (const [key, value] of Object.entries(attributes)) message(writer, 5, () => writeAttribute(writer, key, value));
  if (domain !== undefined) text(writer, 7, domain);
};

/** ValueInfoProto. */
const writeValue = (writer: Writer, { name, shape, dtype }: NamedValue): void => {
  text(writer, 1, name);
  message(writer, 2, () =>
    message(writer, 1, () => {
      integer(writer, 1, ELEMENT_TYPE[dtype]);
      message(writer, 2, () => {
        for (const size of shape) message(writer, 1, () => integer(writer, 1, size));
      });
    }),
  );
};

/**
 * The bytes of an ONNX model file (operator set 18).
 *
 * @param graph As `trace` makes it.
 */
export const encodeModel = (graph: Graph): Uint8Array => {
  const writer = protobuf.Writer.create();
  integer(writer, 1, IR_VERSION);
  text(writer, 2, 'DETRain');
  message(writer, 7, () => {
    for (const node of graph.nodes) message(writer, 1, () => writeNode(writer, node));
    text(writer, 2, 'graph');
    for (const [name, tensor] of graph.constants) message(writer, 5, () => writeTensor(writer, tensor, name));
    for (const value of graph.inputs) message(writer, 11, () => writeValue(writer, value));
    for (const value of graph.outputs) message(writer, 12, () => writeValue(writer, value));
  });
  const domains = new Set(graph.nodes.map((node) => node.domain ?? ''));
  message(writer, 8, () => integer(text(writer, 1, ''), 2, OPSET));
  domains.delete('');
  for (const domain of domains) message(writer, 8, () => integer(text(writer, 1, domain), 2, 1));
  return writer.finish();
};
