import { callGlobal, createObject, resolveGlobal, setState } from './globals.ts';
import type { Machine } from './machine.ts';
import { broken, refused } from './refuse.ts';
import { describe, dict, isHashable, isKind, type PyDict, type PyList, type PyValue, tuple } from './value.ts';

/** Longest integer that is read, in bytes; PyTorch's magic number takes 10. */
const MAX_INTEGER = 64;

const utf8 = (bytes: Uint8Array, at: number): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw broken(`the text at byte ${at} is not UTF-8`, 'UTF-8');
  }
};

/** Two's complement, little-endian. */
const long = (bytes: Uint8Array): PyValue => {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
  value = BigInt.asIntN(Math.max(1, bytes.length * 8), value);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

const longOf = (m: Machine, length: number): PyValue => {
  if (length > MAX_INTEGER)
    throw broken(`an integer of ${length} bytes at byte ${m.at}`, `at most ${MAX_INTEGER}`, 'too-large');
  return long(m.cursor.take(length));
};

const text = (m: Machine, length: number) => m.push(utf8(m.cursor.take(length), m.at));
const latin = (m: Machine, length: number) => m.push(Buffer.from(m.cursor.take(length)).toString('latin1'));
const bytes = (m: Machine, length: number) => m.push(m.cursor.take(length));

const list = (value: PyValue, m: Machine): PyList => {
  if (!isKind(value, 'list')) throw refused('refused-call', `append to ${describe(value)} at byte ${m.at}`);
  return value;
};
const mapping = (value: PyValue, m: Machine): PyDict => {
  if (!isKind(value, 'dict')) throw refused('refused-call', `item assignment to ${describe(value)} at byte ${m.at}`);
  return value;
};
const hashable = (value: PyValue, m: Machine): PyValue => {
  if (!isHashable(value)) throw broken(`${describe(value)} as a key at byte ${m.at}`, 'a hashable key');
  return value;
};
const setItems = (m: Machine, target: PyDict, items: readonly PyValue[]) => {
  if (items.length % 2 === 1) throw broken(`a key without a value at byte ${m.at}`, 'pairs');
  for (let i = 0; i < items.length; i += 2)
    target.entries.set(hashable(items[i] as PyValue, m), items[i + 1] as PyValue);
};
const someItems = (m: Machine, count: number) => {
  const items: PyValue[] = [];
  for (let i = 0; i < count; i++) items.unshift(m.pop());
  return items;
};
const name = (value: PyValue, m: Machine): string => {
  if (typeof value !== 'string') throw broken(`${describe(value)} as a class name at byte ${m.at}`, 'text');
  return value;
};

/** The opcodes of protocols 2 to 5 that plain data and tensors are made of (Python's pickletools has the whole list). */
export const opcodes: Readonly<Record<number, (m: Machine) => void>> = {
  // numbers and names
  78: (m) => m.push(null),
  136: (m) => m.push(true),
  137: (m) => m.push(false),
  74: (m) => m.push(m.cursor.integer(4) | 0),
  75: (m) => m.push(m.cursor.byte()),
  77: (m) => m.push(m.cursor.integer(2)),
  138: (m) => m.push(longOf(m, m.cursor.byte())),
  139: (m) => m.push(longOf(m, m.cursor.integer(4))),
  71: (m) => m.push(m.cursor.double()),
  // text and bytes
  88: (m) => text(m, m.cursor.integer(4)),
  140: (m) => text(m, m.cursor.byte()),
  141: (m) => text(m, m.cursor.integer(8)),
  84: (m) => latin(m, m.cursor.integer(4)),
  85: (m) => latin(m, m.cursor.byte()),
  66: (m) => bytes(m, m.cursor.integer(4)),
  67: (m) => bytes(m, m.cursor.byte()),
  142: (m) => bytes(m, m.cursor.integer(8)),
  150: (m) => bytes(m, m.cursor.integer(8)),
  // containers
  40: (m) => m.mark(),
  41: (m) => m.push(tuple([])),
  116: (m) => m.push(tuple(m.popMark())),
  133: (m) => m.push(tuple(someItems(m, 1))),
  134: (m) => m.push(tuple(someItems(m, 2))),
  135: (m) => m.push(tuple(someItems(m, 3))),
  93: (m) => m.push({ kind: 'list', items: [] }),
  97: (m) => {
    const item = m.pop();
    list(m.top(), m).items.push(item);
  },
  101: (m) => {
    const items = m.popMark();
    const target = list(m.top(), m);
    for (const item of items) target.items.push(item);
  },
  125: (m) => m.push(dict()),
  115: (m) => {
    const items = someItems(m, 2);
    setItems(m, mapping(m.top(), m), items);
  },
  117: (m) => {
    const items = m.popMark();
    setItems(m, mapping(m.top(), m), items);
  },
  143: (m) => m.push({ kind: 'set', items: [] }),
  144: (m) => {
    const items = m.popMark();
    const target = m.top();
    if (!isKind(target, 'set')) throw refused('refused-call', `add to ${describe(target)} at byte ${m.at}`);
    for (const item of items) target.items.push(hashable(item, m));
  },
  145: (m) => m.push({ kind: 'set', items: m.popMark().map((item) => hashable(item, m)) }),
  // memory
  113: (m) => m.remember(m.cursor.byte()),
  114: (m) => m.remember(m.cursor.integer(4)),
  148: (m) => m.remember(m.remembered),
  104: (m) => m.push(m.recall(m.cursor.byte())),
  106: (m) => m.push(m.recall(m.cursor.integer(4))),
  // framing: lengths that only a streaming reader needs
  149: (m) => void m.cursor.integer(8),
  // what other readers would execute, and this one looks up in a short list
  81: (m) => m.push(m.persistentLoad(m.pop())),
  99: (m) => {
    const module = m.cursor.line();
    m.push(resolveGlobal(module, m.cursor.line(), m.at));
  },
  147: (m) => {
    const [module, member] = someItems(m, 2) as [PyValue, PyValue];
    m.push(resolveGlobal(name(module, m), name(member, m), m.at));
  },
  82: (m) => {
    const [callee, args] = someItems(m, 2) as [PyValue, PyValue];
    m.push(callGlobal(callee, args, m));
  },
  129: (m) => {
    const [callee, args] = someItems(m, 2) as [PyValue, PyValue];
    m.push(createObject(callee, args, m));
  },
  98: (m) => {
    const state = m.pop();
    setState(m.top(), state, m);
  },
};

/** Opcodes that are refused, by their names in Python. */
export const refusedOpcodes: Readonly<Record<number, string>> = {
  48: 'POP',
  49: 'POP_MARK',
  50: 'DUP',
  70: 'FLOAT',
  73: 'INT',
  76: 'LONG',
  80: 'PERSID',
  83: 'STRING',
  86: 'UNICODE',
  100: 'DICT',
  103: 'GET',
  105: 'INST',
  108: 'LIST',
  111: 'OBJ',
  112: 'PUT',
  128: 'PROTO in mid-stream',
  130: 'EXT1',
  131: 'EXT2',
  132: 'EXT4',
  146: 'NEWOBJ_EX',
  151: 'NEXT_BUFFER',
  152: 'READONLY_BUFFER',
};
