import type { ElementType } from './elements.ts';

export interface PyTuple {
  readonly kind: 'tuple';
  readonly items: readonly PyValue[];
}
export interface PyList {
  readonly kind: 'list';
  readonly items: PyValue[];
}
export interface PySet {
  readonly kind: 'set';
  readonly items: PyValue[];
}
/** A mapping of any class; `of` says which. */
export interface PyDict {
  readonly kind: 'dict';
  readonly of: 'dict' | 'OrderedDict' | 'defaultdict' | 'Counter' | 'Namespace';
  readonly entries: Map<PyValue, PyValue>;
}
/** The name of an allowed class or function. It stands for nothing that could run. */
export interface PyGlobal {
  readonly kind: 'global';
  readonly name: string;
}
/** A run of elements, elsewhere in the file under `key`, or here in `bytes`. */
export interface PyStorage {
  readonly kind: 'storage';
  readonly key: string;
  readonly element: ElementType;
  /** Elements, not bytes. */
  readonly count: number;
  readonly bytes?: Uint8Array;
}
/** A strided view of a storage; offset and strides in elements. */
export interface PyTensor {
  readonly kind: 'tensor';
  readonly element: ElementType;
  readonly storage: PyStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}
/** numpy's description of an element, complete once BUILD gave its byte order. */
export interface PyNumpyType {
  readonly kind: 'numpy.dtype';
  readonly code: string;
  readonly element: ElementType;
  built: boolean;
}
/** A numpy array; BUILD gives it its content. */
export interface PyArray {
  readonly kind: 'array';
  content: PyTensor | null;
}

/** A Python value as a pickle describes it: plain data and names. */
export type PyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PyTuple
  | PyList
  | PySet
  | PyDict
  | PyGlobal
  | PyStorage
  | PyTensor
  | PyNumpyType
  | PyArray;

type Kind = Extract<PyValue, { readonly kind: string }>['kind'];

/** Whether a value is of one of the kinds that are objects here. */
export const isKind = <K extends Kind>(value: PyValue | undefined, kind: K): value is Extract<PyValue, { kind: K }> =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;

export const tuple = (items: readonly PyValue[]): PyTuple => ({ kind: 'tuple', items });
export const dict = (of: PyDict['of'] = 'dict', entries: Iterable<readonly [PyValue, PyValue]> = []): PyDict => ({
  kind: 'dict',
  of,
  entries: new Map(entries),
});

/** What a value is, in a word, for messages. */
export const describe = (value: PyValue | undefined): string => {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  if (value instanceof Uint8Array) return 'bytes';
  if (typeof value !== 'object') return typeof value === 'bigint' ? 'a long integer' : `a ${typeof value}`;
  return value.kind === 'global' ? value.name : value.kind === 'dict' ? value.of : value.kind;
};

/** Whether Python could use a value as a key: containers that can change cannot be one. */
export const isHashable = (value: PyValue): boolean =>
  typeof value !== 'object' ||
  value === null ||
  value instanceof Uint8Array ||
  isKind(value, 'global') ||
  isKind(value, 'tuple');

/** The values directly inside a value. */
export const children = (value: PyValue): Iterable<PyValue> => {
  if (isKind(value, 'tuple') || isKind(value, 'list') || isKind(value, 'set')) return value.items;
  return isKind(value, 'dict') ? value.entries.values() : [];
};
