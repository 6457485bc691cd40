import type { StoredDType } from '../dtypes.ts';

/** The element of a storage or tensor: its PyTorch name, its width in bytes, and what it is read as (null: not read). */
export interface ElementType {
  readonly name: string;
  readonly width: number;
  readonly dtype: StoredDType | null;
}

const row = (width: number, dtype: StoredDType | null, ...names: readonly string[]): readonly ElementType[] =>
  names.map((name) => ({ name, width, dtype }));

const table = (rows: readonly (readonly ElementType[])[]): ReadonlyMap<string, ElementType> =>
  new Map(rows.flat().map((element) => [element.name, element]));

/** Storage classes by the name a pickle has for them. */
export const storageClasses = table([
  row(8, 'F64', 'torch.DoubleStorage'),
  row(4, 'F32', 'torch.FloatStorage'),
  row(2, 'F16', 'torch.HalfStorage'),
  row(2, 'BF16', 'torch.BFloat16Storage'),
  row(8, 'I64', 'torch.LongStorage'),
  row(4, 'I32', 'torch.IntStorage'),
  row(2, 'I16', 'torch.ShortStorage'),
  row(1, 'I8', 'torch.CharStorage'),
  row(1, 'U8', 'torch.ByteStorage', 'torch.storage.UntypedStorage', 'torch.UntypedStorage'),
  row(1, 'BOOL', 'torch.BoolStorage'),
  row(8, null, 'torch.ComplexFloatStorage'),
  row(16, null, 'torch.ComplexDoubleStorage'),
]);

/** Element types by the name a pickle has for them. */
export const torchTypes = table([
  row(8, 'F64', 'torch.float64', 'torch.double'),
  row(4, 'F32', 'torch.float32', 'torch.float'),
  row(2, 'F16', 'torch.float16', 'torch.half'),
  row(2, 'BF16', 'torch.bfloat16'),
  row(8, 'I64', 'torch.int64', 'torch.long'),
  row(4, 'I32', 'torch.int32', 'torch.int'),
  row(2, 'I16', 'torch.int16', 'torch.short'),
  row(1, 'I8', 'torch.int8'),
  row(1, 'U8', 'torch.uint8'),
  row(1, 'BOOL', 'torch.bool'),
  row(2, null, 'torch.uint16'),
  row(4, null, 'torch.uint32'),
  row(8, null, 'torch.uint64', 'torch.complex64', 'torch.cfloat'),
  row(16, null, 'torch.complex128', 'torch.cdouble'),
  row(1, null, 'torch.float8_e4m3fn', 'torch.float8_e4m3fnuz', 'torch.float8_e5m2', 'torch.float8_e5m2fnuz'),
  row(1, null, 'torch.float8_e8m0fnu'),
]);

/** numpy's short codes. */
export const numpyTypes = table([
  row(8, 'F64', 'f8'),
  row(4, 'F32', 'f4'),
  row(2, 'F16', 'f2'),
  row(8, 'I64', 'i8'),
  row(4, 'I32', 'i4'),
  row(2, 'I16', 'i2'),
  row(1, 'I8', 'i1'),
  row(1, 'U8', 'u1'),
  row(1, 'BOOL', 'b1'),
  row(2, null, 'u2'),
  row(4, null, 'u4'),
  row(8, null, 'u8'),
]);
