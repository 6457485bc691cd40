import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCheckpointError } from '../../src/index.ts';
import { createBudget, PICKLE_LIMITS } from '../../src/pth/budget.ts';
import { inMemory } from '../../src/pth/cursor.ts';
import { unpickle } from '../../src/pth/unpickle.ts';
import {
  beside,
  call,
  dict,
  type Fragment,
  get,
  global,
  int,
  list,
  long,
  newObject,
  orderedDict,
  pickle,
  put,
  tensor,
  text,
  tuple,
  u32,
  u64,
} from './assemble.ts';
import { usePlace } from './place.ts';

const { readPickle } = usePlace();
const binary = (content: string) => Buffer.from(content, 'latin1');

/** Reads a pickle with small limits; gives the error's code and what it cost. */
const costOf = (bytes: Uint8Array, steps = 10_000) => {
  const budget = createBudget({ ...PICKLE_LIMITS, steps, memo: 1000 });
  try {
    unpickle(inMemory(bytes), { budget });
    return { code: null, spent: budget.spent };
  } catch (error) {
    if (isCheckpointError(error)) return { code: error.code, spent: budget.spent };
    throw error;
  }
};

describe('pickles that contradict themselves', () => {
  it.each<[string, string, Uint8Array]>([
    ['nothing', 'truncated', binary('')],
    ['no PROTO', 'bad-pickle', binary('}.')],
    ['protocol 0', 'bad-pickle', binary('\x80\x00}.')],
    ['protocol 1', 'bad-pickle', binary('\x80\x01}.')],
    ['protocol 6', 'bad-pickle', binary('\x80\x06}.')],
    ['no STOP', 'truncated', binary('\x80\x02}')],
    ['STOP on an empty stack', 'bad-pickle', pickle('')],
    ['bytes after STOP', 'bad-pickle', Buffer.concat([pickle(dict([text('w'), tensor()])), binary('x')])],
    ['a byte that is no opcode', 'bad-pickle', pickle('\xff')],
    ['a null byte', 'bad-pickle', pickle('\0')],
    ['APPEND on an empty stack', 'bad-pickle', pickle('a')],
    ['APPENDS without a mark', 'bad-pickle', pickle(']e')],
    ['SETITEM on an empty stack', 'bad-pickle', pickle('s')],
    ['SETITEMS without a mark', 'bad-pickle', pickle('}u')],
    ['SETITEMS of a key without a value', 'bad-pickle', pickle(`}(${int(1)}u`)],
    ['ADDITEMS without a set', 'bad-pickle', pickle('(\x90')],
    ['TUPLE without a mark', 'bad-pickle', pickle('t')],
    ['TUPLE1 on an empty stack', 'bad-pickle', pickle('\x85')],
    ['TUPLE3 of two', 'bad-pickle', pickle(`${int(1)}${int(2)}\x87`)],
    ['TUPLE2 across a mark', 'bad-pickle', pickle(`${int(1)}(${int(2)}\x86`)],
    ['FROZENSET without a mark', 'bad-pickle', pickle('\x91')],
    ['REDUCE on an empty stack', 'bad-pickle', pickle('R')],
    ['REDUCE with a list of arguments', 'bad-pickle', pickle(`${global('collections', 'OrderedDict')}${list()}R`)],
    ['BUILD without a target', 'bad-pickle', pickle(`${dict()}b`)],
    ['NEWOBJ on an empty stack', 'bad-pickle', pickle('\x81')],
    ['NEWOBJ with a list of arguments', 'bad-pickle', pickle(`${global('argparse', 'Namespace')}${list()}\x81`)],
    ['STACK_GLOBAL on an empty stack', 'bad-pickle', pickle('\x93')],
    ['BINPERSID on an empty stack', 'bad-pickle', pickle('Q')],
    ['BINPUT on an empty stack', 'bad-pickle', pickle('q\x00')],
    ['MEMOIZE on an empty stack', 'bad-pickle', pickle('\x94')],
    ['BINGET of nothing', 'bad-pickle', pickle('h\x05')],
    ['LONG_BINGET of nothing', 'bad-pickle', pickle(get(4_000_000_000))],
    ['a list as a key', 'bad-pickle', pickle(dict([list(), int(1)]))],
    ['a mapping as a key', 'bad-pickle', pickle(dict([dict(), int(1)]))],
    ['a list in a set', 'bad-pickle', pickle(`\x8f(${list()}\x90`)],
    ['a tensor in a frozenset', 'bad-pickle', beside(`(${tensor()}\x91`)],
    ['a set of a number', 'bad-pickle', pickle(call(global('builtins', 'set'), int(3)))],
    ['a set of lists', 'bad-pickle', pickle(call(global('builtins', 'set'), list(list())))],
    ['an OrderedDict of a number', 'bad-pickle', pickle(orderedDict(int(3)))],
    ['an OrderedDict of triples', 'bad-pickle', pickle(orderedDict(list(tuple(int(1), int(2), int(3)))))],
    ['an OrderedDict with a list as a key', 'bad-pickle', pickle(orderedDict(list(tuple(list(), int(2)))))],
    ['a Counter of text', 'bad-pickle', pickle(call(global('collections', 'Counter'), text('abc')))],
    ['a size of a number', 'bad-pickle', pickle(call(global('torch', 'Size'), int(3)))],
    ['a device of a list', 'bad-pickle', pickle(call(global('torch', 'device'), list()))],
    ['text that is not UTF-8', 'bad-pickle', pickle(`X${u32(2)}\xff\xfe`)],
    [
      'letters beyond latin1 as bytes',
      'bad-pickle',
      pickle(call(global('_codecs', 'encode'), text('\u20ac'), text('latin1'))),
    ],
    ['text longer than the file', 'truncated', pickle(`X${u32(4_000_000_000)}a`)],
    ['text of 2^40 bytes', 'truncated', pickle(`\x8d${u64(2 ** 40)}a`)],
    ['text of 2^60 bytes', 'too-large', pickle(`\x8d${u64(2 ** 60)}a`)],
    ['bytes longer than the file', 'truncated', pickle(`B${u32(1000)}a`)],
    ['bytes of 2^60 bytes', 'too-large', pickle(`\x8e${u64(2 ** 60)}a`)],
    ['a bytearray of 2^50 bytes', 'truncated', pickle(`\x96${u64(2 ** 50)}a`)],
    ['an integer of 100 bytes', 'too-large', pickle(`\x8a\x64${'\x01'.repeat(100)}`)],
    ['an integer of 2^31 bytes', 'too-large', pickle(`\x8b${u32(2 ** 31)}`)],
    ['a scalar without a type', 'bad-pickle', pickle(call(global('numpy.core.multiarray', 'scalar'), int(1), int(2)))],
  ])('%s: %s', async (_, code, bytes) => {
    expect((await readPickle(bytes)).code).toBe(code);
  });

  it.each<[string, bigint, number | string]>([
    ['zero', 0n, 0],
    ['minus one', -1n, -1],
    ['2^53 - 1', 2n ** 53n - 1n, 2 ** 53 - 1],
    ['beyond 2^53', 2n ** 70n + 1n, '1180591620717411303425'],
    ['below -2^53', -(2n ** 70n), '-1180591620717411303424'],
  ])('long integers: %s', async (_, value, expected) => {
    const { weights } = await readPickle(beside(long(value)));
    expect(weights?.metadata).toEqual({ x: String(expected) });
  });
});

describe('pickles that are made to cost much', () => {
  const selfList = `]${put(0)}${get(0)}a`;
  it.each<[string, string, Fragment]>([
    ['a list in itself', 'cycle', selfList],
    ['a mapping in itself', 'cycle', `}${put(0)}${text('x')}${get(0)}s`],
    ['an OrderedDict in itself', 'cycle', `${orderedDict()}${put(0)}${text('x')}${get(0)}s`],
    ['a tuple in its own list', 'cycle', `]${put(0)}${get(0)}\x85a`],
    ['a longer ring', 'cycle', `]${put(0)}]${put(1)}${get(0)}aa`],
    ['a thousand marks', 'too-large', '('.repeat(1000)],
    ['a thousand tuples in each other', 'too-large', `${tuple()}${'\x85'.repeat(1000)}`],
    ['a million tuples in each other', 'too-large', `${tuple()}${'\x85'.repeat(1_000_000)}`],
    [
      'lists that are deep through the memo',
      'too-large',
      tuple(`]${put(0)}${Array.from({ length: 300 }, (_, i) => `]${put(i + 1)}${get(i)}a`).join('')}`),
    ],
  ])('%s: %s', async (_, code, fragment) => {
    expect((await readPickle(beside(fragment))).code).toBe(code);
  });

  it('a list of lists of lists …, ten to the thirtieth in all, costs what its bytes do', async () => {
    const layers = Array.from({ length: 30 }, (_, i) => `${list(...Array(10).fill(get(i)))}${put(i + 1)}`);
    const bomb = `${list()}${put(0)}${layers.join('')}`;
    const bytes = pickle(tuple(bomb));
    expect(costOf(bytes)).toEqual({ code: null, spent: expect.any(Number) });
    expect(costOf(bytes).spent).toBeLessThan(2 * bytes.length);
    const { weights } = await readPickle(
      pickle(dict([text('model'), dict([text('w'), tensor()])], [text('x'), tuple(bomb)])),
    );
    expect(weights?.tensors.size).toBe(1);
  });

  it.each<[string, Fragment]>([
    ['opcodes', 'N'.repeat(20_000)],
    ['remembered values', Array.from({ length: 2000 }, (_, i) => `N${put(i)}`).join('')],
    [
      'copies of a list',
      `${list(...Array(500).fill(tuple(int(1), int(2))))}${put(0)}${orderedDict(get(0)).repeat(100)}`,
    ],
    [
      'copies of a mapping',
      `${dict(...Array.from({ length: 500 }, (_, i) => [int(i), 'N'] as const))}${put(0)}${call(global('collections', 'Counter'), get(0)).repeat(100)}`,
    ],
    [
      'copies of a set',
      `${list(...Array(500).fill('N'))}${put(0)}${call(global('builtins', 'set'), get(0)).repeat(100)}`,
    ],
    [
      'copies of text',
      `${text('x'.repeat(5000))}${put(0)}${call(global('_codecs', 'encode'), get(0), text('latin1')).repeat(10)}`,
    ],
    [
      'attributes',
      `${dict(...Array.from({ length: 500 }, (_, i) => [text(`a${i}`), 'N'] as const))}${put(0)}${`${newObject(global('argparse', 'Namespace'))}${get(0)}b`.repeat(100)}`,
    ],
  ])('too many %s', (_, fragment) => {
    expect(costOf(pickle(`(${fragment}t`))).toEqual({ code: 'too-large', spent: expect.any(Number) });
  });

  it('random opcodes end in a named error or a value, at a cost that the bytes bound', () => {
    const opcode = fc.constantFrom(
      ...'(.tsuae}]])NQRbcq\x00h\x00q\x01h\x01\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x93\x94K\x01K\x02',
    );
    const known = fc.constantFrom(
      global('collections', 'OrderedDict'),
      global('argparse', 'Namespace'),
      global('builtins', 'set'),
      global('torch', 'Size'),
      global('numpy', 'dtype'),
      global('torch._utils', '_rebuild_tensor_v2'),
      text('f8'),
      tuple(),
      list(int(1)),
      put(0),
      get(0),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 3, arbitrary: opcode }, known), { maxLength: 200 }), (parts) => {
        const bytes = pickle(parts.join(''));
        expect(costOf(bytes, 100_000).spent).toBeLessThanOrEqual(100_001);
      }),
      { numRuns: 2000 },
    );
  });

  it('random bytes end in a named error or a value', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(costOf(Buffer.concat([binary('\x80\x02'), bytes])).spent).toBeLessThanOrEqual(2 * bytes.length + 10);
      }),
      { numRuns: 2000 },
    );
  });
});
