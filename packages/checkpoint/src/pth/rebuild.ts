import { type ElementType, torchTypes } from './elements.ts';
import type { Machine } from './machine.ts';
import { broken } from './refuse.ts';
import { describe, isKind, type PyStorage, type PyTensor, type PyValue } from './value.ts';

/** PyTorch's own limit is 64. */
const MAX_RANK = 64;

const isCount = (value: PyValue | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const counts = (value: PyValue | undefined, what: string, m: Machine): readonly number[] => {
  if (!isKind(value, 'tuple') || value.items.length > MAX_RANK || !value.items.every(isCount))
    throw broken(
      `${what} of a tensor at byte ${m.at} is ${isKind(value, 'tuple') ? `(${value.items.slice(0, 8).map(String)})` : describe(value)}`,
      `a tuple of at most ${MAX_RANK} non-negative integers`,
      'bad-tensor',
    );
  return value.items;
};

/** Elements of a shape. Throws `bad-tensor` beyond 2^53. */
export const sizeOf = (shape: readonly number[]): number => {
  if (shape.includes(0)) return 0;
  const size = shape.reduce((product, side) => product * side, 1);
  if (!Number.isSafeInteger(size)) throw broken(`a shape of [${shape}]`, 'fewer than 2^53 elements', 'bad-tensor');
  return size;
};

/** A view of a storage, with everything it reaches inside. */
export const tensorOf = (
  storage: PyStorage,
  element: ElementType,
  { offset, shape, strides }: Pick<PyTensor, 'offset' | 'shape' | 'strides'>,
): PyTensor => {
  const size = sizeOf(shape);
  const last = shape.reduce((sum, side, axis) => sum + (side - 1) * (strides[axis] as number), offset);
  const available = Math.floor((storage.count * storage.element.width) / element.width);
  if (size > 0 ? !(last < available) : offset > available)
    throw broken(
      `a tensor [${shape}] with strides [${strides}] at ${offset} reaches element ${last} of a storage of ${available}`,
      'a view inside its storage',
      'bad-tensor',
    );
  return { kind: 'tensor', element, storage, offset, shape, strides };
};

const viewArguments = (
  [storage, offset, shape, strides]: readonly PyValue[],
  m: Machine,
): readonly [PyStorage, Pick<PyTensor, 'offset' | 'shape' | 'strides'>] => {
  if (!isKind(storage, 'storage'))
    throw broken(`a tensor of ${describe(storage)} at byte ${m.at}`, 'a storage', 'bad-tensor');
  if (!isCount(offset))
    throw broken(`a storage offset of ${String(offset)} at byte ${m.at}`, 'a non-negative integer', 'bad-tensor');
  const [sides, steps] = [counts(shape, 'the shape', m), counts(strides, 'the strides', m)];
  if (sides.length !== steps.length)
    throw broken(`${sides.length} sides and ${steps.length} strides at byte ${m.at}`, 'one for each', 'bad-tensor');
  return [storage, { offset, shape: sides, strides: steps }];
};

/** Hooks would run code, and metadata (conjugate, negative) changes what the elements mean: neither is taken. */
const noExtras = (hooks: PyValue | undefined, metadata: PyValue | undefined, m: Machine) => {
  for (const [what, value] of [
    ['hooks', hooks],
    ['metadata', metadata],
  ] as const)
    if (value !== undefined && value !== null && !(isKind(value, 'dict') && value.entries.size === 0))
      throw broken(`a tensor with ${what} at byte ${m.at}`, 'plain elements', 'bad-tensor');
};

/** `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks, metadata?)` */
export const rebuildTensor = (args: readonly PyValue[], m: Machine): PyTensor => {
  const [storage, view] = viewArguments(args, m);
  noExtras(args[5], args[6], m);
  return tensorOf(storage, storage.element, view);
};

/** `_rebuild_tensor_v3(storage, offset, shape, strides, requires_grad, hooks, dtype, metadata?)`, over plain bytes. */
export const rebuildTypedTensor = (args: readonly PyValue[], m: Machine): PyTensor => {
  const [storage, view] = viewArguments(args, m);
  noExtras(args[5], args[7], m);
  const type = args[6];
  const element = isKind(type, 'global') ? torchTypes.get(type.name) : undefined;
  if (!element) throw broken(`a tensor of ${describe(type)} at byte ${m.at}`, 'an element type', 'bad-tensor');
  return tensorOf(storage, element, view);
};

/** `_rebuild_parameter(tensor, requires_grad, hooks)` */
export const rebuildParameter = ([data, , hooks]: readonly PyValue[], m: Machine): PyTensor => {
  if (!isKind(data, 'tensor'))
    throw broken(`a parameter of ${describe(data)} at byte ${m.at}`, 'a tensor', 'bad-tensor');
  noExtras(hooks, undefined, m);
  return data;
};
