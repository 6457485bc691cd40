import { storageClasses, torchTypes } from './elements.ts';
import type { Machine } from './machine.ts';
import { numpyArray, numpyScalar, numpyType, setArray, setNumpyType } from './numpy.ts';
import { rebuildParameter, rebuildTensor, rebuildTypedTensor } from './rebuild.ts';
import { broken, refused } from './refuse.ts';
import {
  describe,
  dict,
  isHashable,
  isKind,
  type PyDict,
  type PyGlobal,
  type PyTuple,
  type PyValue,
  tuple,
} from './value.ts';

type Call = (args: readonly PyValue[], m: Machine) => PyValue;

/** The items of a list, tuple or set that a class is given, copied and paid for. */
const itemsOf = (value: PyValue | undefined, m: Machine): PyValue[] => {
  if (value === undefined) return [];
  if (!isKind(value, 'list') && !isKind(value, 'tuple') && !isKind(value, 'set'))
    throw broken(`a container made of ${describe(value)} at byte ${m.at}`, 'a list, a tuple or a set');
  m.budget.spend(value.items.length);
  return [...value.items];
};

const setOf: Call = (args, m) => {
  const items = itemsOf(args[0], m);
  const bad = items.find((item) => !isHashable(item));
  if (bad !== undefined) throw broken(`${describe(bad)} in a set at byte ${m.at}`, 'hashable items');
  return { kind: 'set', items };
};

const entriesOf = (value: PyValue | undefined, m: Machine): (readonly [PyValue, PyValue])[] => {
  if (isKind(value, 'dict')) {
    m.budget.spend(value.entries.size);
    return [...value.entries];
  }
  return itemsOf(value, m).map((item) => {
    const [key, content, ...more] = isKind(item, 'tuple') || isKind(item, 'list') ? item.items : [];
    if (key === undefined || content === undefined || more.length > 0 || !isHashable(key))
      throw broken(`${describe(item)} as a pair at byte ${m.at}`, 'a hashable key and a value');
    return [key, content];
  });
};

/** Text that stands for bytes: protocol 2 has no bytes, so Python writes `_codecs.encode(text, 'latin1')`. */
const encode: Call = ([text, encoding], m) => {
  if (typeof text !== 'string' || encoding !== 'latin1')
    throw refused('refused-call', `_codecs.encode(${describe(text)}, ${String(encoding)}) at byte ${m.at}`);
  m.budget.spend(text.length);
  return Uint8Array.from(text, (letter) => {
    const code = letter.codePointAt(0) as number;
    if (code > 255) throw broken(`the letter ${letter} in bytes at byte ${m.at}`, 'latin1');
    return code;
  });
};

const emptyBytes: Call = (args, m) => {
  if (args.length > 0) throw refused('refused-call', `builtins.bytes with arguments at byte ${m.at}`);
  return new Uint8Array(0);
};

const device: Call = ([kind, index], m) => {
  if (typeof kind !== 'string' || (index !== undefined && typeof index !== 'number'))
    throw broken(`a torch.device of ${describe(kind)} at byte ${m.at}`, 'its name and its number');
  return index === undefined ? kind : `${kind}:${index}`;
};

/** Classes and functions that a pickle may call, each a function of this package. */
const callables: Readonly<Record<string, Call>> = {
  'collections.OrderedDict': ([items], m) => dict('OrderedDict', items === undefined ? [] : entriesOf(items, m)),
  'collections.defaultdict': ([, items], m) => dict('defaultdict', items === undefined ? [] : entriesOf(items, m)),
  'collections.Counter': ([items], m) => dict('Counter', items === undefined ? [] : entriesOf(items, m)),
  'builtins.set': setOf,
  'builtins.frozenset': setOf,
  'builtins.bytes': emptyBytes,
  '_codecs.encode': encode,
  'torch.Size': ([sides], m) => tuple(itemsOf(sides, m)),
  'torch.device': device,
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_tensor_v3': rebuildTypedTensor,
  'torch._utils._rebuild_parameter': rebuildParameter,
  'numpy.dtype': numpyType,
  'numpy.core.multiarray.scalar': numpyScalar,
  'numpy.core.multiarray._reconstruct': numpyArray,
};

/** Names that may stand as values: what a defaultdict makes, and numpy's array class. */
const plainNames = new Set(['builtins.dict', 'builtins.list', 'builtins.int', 'builtins.float', 'numpy.ndarray']);
const NAMESPACE = 'argparse.Namespace';

const allowed = (name: string): boolean =>
  Object.hasOwn(callables, name) ||
  plainNames.has(name) ||
  name === NAMESPACE ||
  storageClasses.has(name) ||
  torchTypes.has(name);

/** Modules that were renamed: Python 2's builtins, numpy 2's core. */
const modernModule = (module: string) =>
  module === '__builtin__' ? 'builtins' : module.replace(/^numpy\._core(?=\.|$)/, 'numpy.core');

const MAX_SHOWN = 120;

/**
 * The name of a class or function that the list above has.
 *
 * @throws CheckpointError `refused-global` for any other, whether or not it would be used.
 */
export const resolveGlobal = (module: string, member: string, at: number): PyGlobal => {
  const name = `${modernModule(module)}.${member}`;
  if (!allowed(name))
    throw refused('refused-global', `global ${`${module}.${member}`.slice(0, MAX_SHOWN)} at byte ${at}`);
  return { kind: 'global', name };
};

const argumentsOf = (args: PyValue, m: Machine): PyTuple => {
  if (!isKind(args, 'tuple')) throw broken(`${describe(args)} as arguments at byte ${m.at}`, 'a tuple');
  return args;
};

/** REDUCE: what an allowed function makes of its arguments. Throws `refused-call` for anything else. */
export const callGlobal = (callee: PyValue, args: PyValue, m: Machine): PyValue => {
  const call = isKind(callee, 'global') && Object.hasOwn(callables, callee.name) ? callables[callee.name] : undefined;
  if (!call) throw refused('refused-call', `call of ${describe(callee)} at byte ${m.at}`);
  return call(argumentsOf(args, m).items, m);
};

/** NEWOBJ: only argparse's namespace, the options that training scripts save; it becomes a plain mapping. */
export const createObject = (callee: PyValue, args: PyValue, m: Machine): PyValue => {
  if (!isKind(callee, 'global') || callee.name !== NAMESPACE || argumentsOf(args, m).items.length > 0)
    throw refused('refused-call', `construction of ${describe(callee)} at byte ${m.at}`);
  return dict('Namespace');
};

const setAttributes = (target: PyDict, state: PyDict, m: Machine) => {
  m.budget.spend(state.entries.size);
  if (target.of === 'Namespace') for (const [key, value] of state.entries) target.entries.set(key, value);
  else if (target.of !== 'OrderedDict' || [...state.entries.keys()].some((key) => key !== '_metadata'))
    throw refused('refused-call', `attributes set on ${target.of} at byte ${m.at}`);
};

/**
 * BUILD: the state of a namespace, of a numpy object, or the `_metadata` (versions of modules) that PyTorch hangs on a
 * state dict. Throws `refused-call` for any other object or attribute.
 */
export const setState = (target: PyValue, state: PyValue, m: Machine): void => {
  if (isKind(target, 'numpy.dtype')) setNumpyType(target, state, m);
  else if (isKind(target, 'array')) setArray(target, state, m);
  else if (isKind(target, 'dict') && isKind(state, 'dict')) setAttributes(target, state, m);
  else throw refused('refused-call', `BUILD on ${describe(target)} at byte ${m.at}`);
};
