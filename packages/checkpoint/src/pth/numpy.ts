import { storedTensor } from '../dtypes.ts';
import { numpyTypes } from './elements.ts';
import type { Machine } from './machine.ts';
import { sizeOf, tensorOf } from './rebuild.ts';
import { broken, refused } from './refuse.ts';
import { describe, isKind, type PyArray, type PyNumpyType, type PyValue } from './value.ts';

/** `numpy.dtype('f8', False, True)`: numbers and booleans; objects and records are refused. */
export const numpyType = ([code]: readonly PyValue[], m: Machine): PyNumpyType => {
  const element = typeof code === 'string' ? numpyTypes.get(code.replace(/^[<|=]/, '')) : undefined;
  if (typeof code !== 'string' || !element)
    throw refused(
      'refused-call',
      `numpy.dtype(${typeof code === 'string' ? code.slice(0, 20) : describe(code)}) at byte ${m.at}`,
    );
  return { kind: 'numpy.dtype', code, element, built: false };
};

/** The state `(version, order, subtype, names, fields, size, alignment, flags)` of a plain little-endian type. */
export const setNumpyType = (type: PyNumpyType, state: PyValue, m: Machine): void => {
  const [, order, subtype, names, fields] = isKind(state, 'tuple') ? state.items : [];
  if (order === '>') throw broken(`a big-endian numpy type at byte ${m.at}`, 'little-endian', 'big-endian');
  if ((order !== '<' && order !== '|' && order !== '=') || subtype !== null || names !== null || fields !== null)
    throw refused('refused-call', `BUILD of numpy.dtype with ${describe(order)} at byte ${m.at}`);
  type.built = true;
};

const typed = (type: PyValue | undefined, m: Machine): PyNumpyType => {
  if (!isKind(type, 'numpy.dtype')) throw broken(`numpy data of ${describe(type)} at byte ${m.at}`, 'a numpy.dtype');
  return type;
};

/** `scalar(dtype, bytes)` as a number, a boolean or a long integer. */
export const numpyScalar = ([type, bytes]: readonly PyValue[], m: Machine): PyValue => {
  const { element, code } = typed(type, m);
  if (!(bytes instanceof Uint8Array) || bytes.length !== element.width || element.dtype === null)
    throw broken(`a numpy scalar ${code} of ${describe(bytes)} at byte ${m.at}`, `${element.width} bytes`);
  const { dtype, data } = storedTensor(element.dtype, [1], Uint8Array.from(bytes).buffer);
  const value = data[0] as number | bigint;
  if (dtype === 'BOOL') return value !== 0;
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
};

/** `_reconstruct(numpy.ndarray, (0,), b'b')`: an array that waits for its state. */
export const numpyArray = ([cls]: readonly PyValue[], m: Machine): PyArray => {
  if (!isKind(cls, 'global') || cls.name !== 'numpy.ndarray')
    throw refused('refused-call', `numpy array of class ${describe(cls)} at byte ${m.at}`);
  return { kind: 'array', content: null };
};

/** The state `(version, shape, dtype, fortran, bytes)` of an array of numbers. */
export const setArray = (array: PyArray, state: PyValue, m: Machine): void => {
  const [, shape, type, fortran, bytes] = isKind(state, 'tuple') ? state.items : [];
  const { element } = typed(type, m);
  if (!isKind(shape, 'tuple') || !shape.items.every((side) => Number.isSafeInteger(side) && (side as number) >= 0))
    throw broken(`a numpy array of shape ${describe(shape)} at byte ${m.at}`, 'a tuple of sizes', 'bad-tensor');
  const sides = shape.items as readonly number[];
  const size = sizeOf(sides);
  if (!(bytes instanceof Uint8Array) || bytes.length !== size * element.width)
    throw broken(
      `a numpy array [${sides}] of ${describe(bytes)} at byte ${m.at}`,
      `${size * element.width} bytes`,
      'bad-tensor',
    );
  const axes = fortran === true ? sides.keys() : [...sides.keys()].reverse();
  const strides = sides.map(() => 1);
  let step = 1;
  for (const axis of axes) {
    strides[axis] = step;
    step *= sides[axis] as number;
  }
  array.content = tensorOf({ kind: 'storage', key: 'numpy', element, count: size, bytes }, element, {
    offset: 0,
    shape: sides,
    strides,
  });
};
