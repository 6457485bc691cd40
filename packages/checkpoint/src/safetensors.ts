import type { HostTensor } from '@detrain/core';
import { type StoredTensor, storedTensor, toStored, widths } from './dtypes.ts';
import { checkpointError } from './error.ts';
import { MAX_HEADER, parseHeader } from './header.ts';

/** Tensors by name, as host tensors or in a file's own types. */
export type TensorsToWrite = Readonly<Record<string, HostTensor | StoredTensor>>;

/** What a file holds. */
export interface SafetensorsContent {
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const bytesOf = (tensor: StoredTensor) =>
  new Uint8Array(tensor.data.buffer as ArrayBuffer, tensor.data.byteOffset, tensor.data.byteLength);

const checkTensor = (name: string, { dtype, shape, data }: StoredTensor) => {
  if (name === '__metadata__')
    throw checkpointError('bad-name', 'a tensor is named __metadata__', 'any other name', 'Rename the tensor');
  const wanted = shape.reduce((product, side) => product * side, 1);
  if (data.length !== wanted || data.BYTES_PER_ELEMENT !== widths[dtype])
    throw checkpointError(
      'wrong-size',
      `${JSON.stringify(name)} has ${data.length} elements of ${data.BYTES_PER_ELEMENT} bytes`,
      `${wanted} of ${widths[dtype]} for ${dtype} [${shape.join(', ')}]`,
      'Give the tensor the shape of its data',
    );
};

/**
 * The parts of a safetensors file, header first; the rest are views of the tensors' own memory, wider types first, so
 * that every tensor is aligned.
 *
 * @throws CheckpointError `wrong-size` when data and shape disagree, `bad-name` for a reserved name.
 */
export const safetensorsParts = (
  tensors: TensorsToWrite,
  metadata: Readonly<Record<string, string>> = {},
): readonly Uint8Array[] => {
  const stored = Object.entries(tensors).map(([name, tensor]) => ({ name, tensor: toStored(tensor) }));
  for (const { name, tensor } of stored) checkTensor(name, tensor);
  stored.sort((a, b) => widths[b.tensor.dtype] - widths[a.tensor.dtype]);
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  let offset = 0;
  for (const { name, tensor } of stored) {
    const end = offset + tensor.data.byteLength;
    header.push([name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(json.length / 8) * 8;
  const head = new Uint8Array(8 + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(json, 8);
  return [head, ...stored.map(({ tensor }) => bytesOf(tensor))];
};

/** A safetensors file's bytes. Throws as {@link safetensorsParts}. */
export const encodeSafetensors = (
  tensors: TensorsToWrite,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array => {
  const parts = safetensorsParts(tensors, metadata);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
};

/**
 * Reads a safetensors file's bytes; every tensor gets memory of its own, so that it can be changed in place.
 *
 * @throws CheckpointError with a code for every way a file can be malformed.
 */
export const decodeSafetensors = (bytes: Uint8Array): SafetensorsContent => {
  if (bytes.length < 8)
    throw checkpointError('truncated', `a file of ${bytes.length} bytes`, 'at least 8, the header length');
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER))
    throw checkpointError('header-too-long', `a header of ${length} bytes`, `at most ${MAX_HEADER}`);
  const start = 8 + Number(length);
  if (start > bytes.length)
    throw checkpointError('truncated', `a header of ${length} bytes in a file of ${bytes.length}`, 'a whole header');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, start));
  } catch {
    throw checkpointError('bad-json', 'the header is not UTF-8', 'UTF-8 JSON');
  }
  const { entries, metadata } = parseHeader(text, bytes.length - start);
  const tensors = Object.fromEntries(
    entries.map(({ name, dtype, shape, begin, end }) => {
      const own = new Uint8Array(end - begin);
      own.set(bytes.subarray(start + begin, start + end));
      return [name, storedTensor(dtype, shape, own.buffer)];
    }),
  );
  return { tensors, metadata };
};
