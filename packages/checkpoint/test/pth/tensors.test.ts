import { describe, expect, it } from 'vitest';
import {
  build,
  bytes,
  call,
  dict,
  FALSE,
  type Fragment,
  float,
  global,
  int,
  list,
  long,
  NONE,
  orderedDict,
  pickle,
  storage,
  TRUE,
  tensor,
  text,
  tuple,
} from './assemble.ts';
import { usePlace } from './place.ts';

const { readPickle } = usePlace();
const only = (value: Fragment) => pickle(dict([text('w'), value]));
const shape = (...sides: readonly number[]) => tuple(...sides.map(int));
const typed = (type: Fragment, of = storage({ type: global('torch.storage', 'UntypedStorage'), count: int(24) })) =>
  call(global('torch._utils', '_rebuild_tensor_v3'), of, int(0), shape(3), shape(1), FALSE, orderedDict(), type);

describe('tensors that are no views of their storages', () => {
  it.each<[string, string, Fragment]>([
    ['a negative side', 'bad-tensor', tensor({ shape: shape(-2, -3) })],
    ['a fractional side', 'bad-tensor', tensor({ shape: tuple(float(1.5), int(3)) })],
    ['a boolean side', 'bad-tensor', tensor({ shape: tuple(TRUE, int(3)) })],
    ['a side as text', 'bad-tensor', tensor({ shape: tuple(text('2'), int(3)) })],
    ['a side beyond 2^53', 'bad-tensor', tensor({ shape: tuple(long(2n ** 60n), int(3)) })],
    ['a list of sides', 'bad-tensor', tensor({ shape: list(int(2), int(3)) })],
    ['65 sides', 'bad-tensor', tensor({ shape: shape(...Array(65).fill(1)), strides: shape(...Array(65).fill(1)) })],
    ['more sides than strides', 'bad-tensor', tensor({ strides: shape(1) })],
    ['more strides than sides', 'bad-tensor', tensor({ shape: shape(6) })],
    ['a negative stride', 'bad-tensor', tensor({ strides: shape(-3, 1) })],
    ['a stride beyond the storage', 'bad-tensor', tensor({ strides: shape(4, 1) })],
    ['a stride of 2^53', 'bad-tensor', tensor({ strides: tuple(long(2n ** 53n - 1n), int(1)) })],
    ['a negative offset', 'bad-tensor', tensor({ offset: int(-1) })],
    ['an offset beyond the storage', 'bad-tensor', tensor({ offset: int(1) })],
    ['an empty view beyond the storage', 'bad-tensor', tensor({ offset: int(7), shape: shape(0), strides: shape(1) })],
    ['a fractional offset', 'bad-tensor', tensor({ offset: float(0.5) })],
    ['None as an offset', 'bad-tensor', tensor({ offset: NONE })],
    [
      'a shape of more than 2^53 elements',
      'bad-tensor',
      tensor({ shape: tuple(int(2 ** 30), int(2 ** 30)), strides: shape(0, 0) }),
    ],
    [
      'a shape of 2^40 elements of one',
      'too-large',
      tensor({ shape: tuple(int(2 ** 20), int(2 ** 20)), strides: shape(0, 0) }),
    ],
    ['a shape of 2^28 elements of one', 'too-large', tensor({ shape: shape(2 ** 28), strides: shape(0) })],
    ['hooks', 'bad-tensor', tensor({ hooks: orderedDict(list(tuple(int(0), text('hook')))) })],
    ['hooks as text', 'bad-tensor', tensor({ hooks: text('hook') })],
    ['a conjugate view', 'bad-tensor', tensor({ extra: dict([text('conj'), TRUE]) })],
    ['no storage', 'bad-tensor', tensor({ storage: NONE })],
    ['a tensor for a storage', 'bad-tensor', tensor({ storage: tensor() })],
    ['a class for a storage', 'bad-tensor', tensor({ storage: global('torch', 'FloatStorage') })],
    ['no arguments', 'bad-tensor', call(global('torch._utils', '_rebuild_tensor_v2'))],
    ['a typed tensor without a type', 'bad-tensor', typed(NONE)],
    ['a typed tensor of a storage class', 'bad-tensor', typed(global('torch', 'FloatStorage'))],
    ['a typed tensor wider than its bytes', 'bad-tensor', typed(global('torch', 'complex128'))],
    [
      'a parameter of None',
      'bad-tensor',
      call(global('torch._utils', '_rebuild_parameter'), NONE, TRUE, orderedDict()),
    ],
    [
      'a parameter with hooks',
      'bad-tensor',
      call(global('torch._utils', '_rebuild_parameter'), tensor(), TRUE, list(int(1))),
    ],
    ['uint16', 'unknown-dtype', typed(global('torch', 'uint16'))],
    ['float8', 'unknown-dtype', typed(global('torch', 'float8_e5m2'))],
    ['complex', 'unknown-dtype', typed(global('torch', 'complex64'))],
  ])('%s: %s', async (_, code, value) => {
    expect((await readPickle(only(value))).code).toBe(code);
  });

  it.each<[string, Fragment]>([
    ['a typed tensor', typed(global('torch', 'float32'))],
    ['an expanded one', tensor({ shape: shape(3), strides: shape(0) })],
    ['an empty one at the end', tensor({ offset: int(6), shape: shape(0), strides: shape(1) })],
    ['a number', tensor({ offset: int(5), shape: tuple(), strides: tuple() })],
  ])('%s is read', async (name, value) => {
    const { weights } = await readPickle(only(value));
    const expected = { 'a typed tensor': [0, 1, 2], 'an expanded one': [0, 0, 0], 'a number': [5] }[name] ?? [];
    expect([...(weights?.tensors.get('w')?.data ?? [])]).toEqual(expected);
  });

  it('the same huge view many times over', async () => {
    const views = Array.from(
      { length: 40 },
      (_, i) => [text(`w${i}`), tensor({ shape: shape(2 ** 19), strides: shape(0) })] as const,
    );
    expect((await readPickle(pickle(dict(...views)))).code).toBe('too-large');
  });
});

describe('storages that are not what the pickle says', () => {
  it.each<[string, string, Fragment]>([
    ['more elements than the file has', 'bad-storage', storage({ count: int(7) })],
    ['fewer', 'bad-storage', storage({ count: int(5) })],
    ['another width', 'bad-storage', storage({ type: global('torch', 'DoubleStorage') })],
    ['a negative count', 'bad-storage', storage({ count: int(-6) })],
    ['a fractional count', 'bad-storage', storage({ count: float(6.5) })],
    ['a count beyond 2^53', 'bad-storage', storage({ count: long(2n ** 62n) })],
    ['a count of None', 'bad-storage', storage({ count: NONE })],
    ['a storage that is not there', 'bad-storage', storage({ key: text('1') })],
    ['a key that leaves the folder', 'bad-storage', storage({ key: text('../data.pkl') })],
    ['an absolute key', 'bad-storage', storage({ key: text('/etc/passwd') })],
    ['a key of a prototype', 'bad-storage', storage({ key: text('__proto__') })],
    ['an empty key', 'bad-storage', storage({ key: text('') })],
    ['a numeric key', 'bad-storage', storage({ key: int(0) })],
    ['a very long key', 'bad-storage', storage({ key: text('0'.repeat(1000)) })],
    ['another tag', 'bad-storage', storage({ tag: text('module') })],
    ['no class', 'bad-storage', storage({ type: NONE })],
    ['a class that is no storage', 'bad-storage', storage({ type: global('collections', 'OrderedDict') })],
    ['no location', 'bad-storage', storage({ location: NONE })],
    ['a view of another storage', 'bad-storage', storage({ extra: tuple(text('1'), int(0), int(3)) })],
    ['seven items', 'bad-storage', storage({ extra: `${NONE}${NONE}` })],
    ['an id that is no tuple', 'bad-storage', `${text('0')}Q`],
    ['one key, two descriptions', 'bad-storage', tuple(storage(), storage({ type: global('torch', 'IntStorage') }))],
  ])('%s: %s', async (_, code, value) => {
    expect((await readPickle(pickle(dict([text('w'), tensor()], [text('x'), value])))).code).toBe(code);
  });
});

describe('numpy arrays', () => {
  const dtype = (code: string, order = '<') =>
    build(
      call(global('numpy', 'dtype'), text(code), FALSE, TRUE),
      tuple(int(3), text(order), NONE, NONE, NONE, int(-1), int(-1), int(0)),
    );
  const array = (
    sides: Fragment,
    type: Fragment,
    fortran: Fragment,
    content: Fragment,
    module = 'numpy._core.multiarray',
  ) =>
    build(
      call(global(module, '_reconstruct'), global('numpy', 'ndarray'), tuple(int(0)), bytes('b')),
      tuple(int(1), sides, type, fortran, content),
    );

  it.each([['numpy.core.multiarray'], ['numpy._core.multiarray']])('%s: by rows and by columns', async (module) => {
    const content = bytes('\x01\x02\x03\x04\x05\x06');
    const rows = array(shape(2, 3), dtype('u1', '|'), FALSE, content, module);
    const columns = array(shape(2, 3), dtype('u1', '|'), TRUE, content, module);
    const { weights } = await readPickle(pickle(dict([text('r'), rows], [text('c'), columns])));
    expect([...(weights?.tensors.get('r')?.data ?? [])]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...(weights?.tensors.get('c')?.data ?? [])]).toEqual([1, 3, 5, 2, 4, 6]);
  });

  it.each<[string, string, Fragment]>([
    ['big-endian', 'big-endian', array(shape(1), dtype('i2', '>'), FALSE, bytes('\0\0'))],
    ['too few bytes', 'bad-tensor', array(shape(2), dtype('f4'), FALSE, bytes('\0\0\0\0'))],
    ['a huge shape', 'bad-tensor', array(tuple(int(2 ** 30), int(2 ** 30)), dtype('f4'), FALSE, bytes(''))],
    ['a negative side', 'bad-tensor', array(shape(-1), dtype('f4'), FALSE, bytes(''))],
    ['a list of objects', 'bad-tensor', array(shape(1), dtype('f4'), FALSE, list(text('x')))],
    ['no type', 'bad-pickle', array(shape(1), NONE, FALSE, bytes('\0'))],
    [
      'a scalar of the wrong size',
      'bad-pickle',
      call(global('numpy.core.multiarray', 'scalar'), dtype('f8'), bytes('\0')),
    ],
    ['a scalar that is an object', 'bad-pickle', call(global('numpy.core.multiarray', 'scalar'), dtype('f8'), list())],
  ])('%s: %s', async (_, code, value) => {
    expect((await readPickle(pickle(dict([text('w'), tensor()], [text('x'), value])))).code).toBe(code);
  });

  it('an array that BUILD never filled is no tensor', async () => {
    const empty = call(
      global('numpy.core.multiarray', '_reconstruct'),
      global('numpy', 'ndarray'),
      tuple(int(0)),
      bytes('b'),
    );
    expect((await readPickle(only(empty))).code).toBe('no-weights');
  });
});
