/**
 * A small pickle assembler: fragments are binary text, one character a byte, so that they join with `+`. It can say
 * what no honest program would.
 */
export type Fragment = string;

const little = (value: number, bytes: number): Fragment => {
  let text = '';
  for (let rest = value, i = 0; i < bytes; i++, rest = Math.floor(rest / 256)) text += String.fromCharCode(rest % 256);
  return text;
};
const utf8 = (text: string) => Buffer.from(text).toString('latin1');

export const u32 = (value: number) => little(value, 4);
export const u64 = (value: number) => little(value, 8);

export const NONE = 'N';
export const TRUE = '\x88';
export const FALSE = '\x89';

export const int = (value: number): Fragment => `J${little(value < 0 ? value + 2 ** 32 : value, 4)}`;
/** LONG1: any integer, two's complement. */
export const long = (value: bigint): Fragment => {
  let text = '';
  for (let rest = value; text.length < 8 || (rest !== 0n && rest !== -1n); rest >>= 8n)
    text += String.fromCharCode(Number(rest & 255n));
  return `\x8a${String.fromCharCode(text.length)}${text}`;
};
export const float = (value: number): Fragment => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return `G${bytes.toString('latin1')}`;
};
export const text = (value: string): Fragment => `X${u32(Buffer.byteLength(value))}${utf8(value)}`;
export const bytes = (value: string): Fragment => `B${u32(value.length)}${value}`;
export const tuple = (...items: readonly Fragment[]): Fragment => `(${items.join('')}t`;
export const list = (...items: readonly Fragment[]): Fragment => `](${items.join('')}e`;
export const dict = (...entries: readonly (readonly [Fragment, Fragment])[]): Fragment =>
  `}(${entries.flat().join('')}u`;
export const put = (index: number): Fragment => `r${u32(index)}`;
export const get = (index: number): Fragment => `j${u32(index)}`;

export const global = (module: string, name: string): Fragment => `c${utf8(module)}\n${utf8(name)}\n`;
export const stackGlobal = (module: string, name: string): Fragment => `${text(module)}${text(name)}\x93`;
/** REDUCE. */
export const call = (callee: Fragment, ...args: readonly Fragment[]): Fragment => `${callee}${tuple(...args)}R`;
export const build = (target: Fragment, state: Fragment): Fragment => `${target}${state}b`;
export const newObject = (cls: Fragment, ...args: readonly Fragment[]): Fragment => `${cls}${tuple(...args)}\x81`;

export const orderedDict = (...pairs: readonly Fragment[]): Fragment =>
  call(global('collections', 'OrderedDict'), ...pairs);

interface StorageParts {
  readonly tag?: Fragment;
  readonly type?: Fragment;
  readonly key?: Fragment;
  readonly location?: Fragment;
  readonly count?: Fragment;
  readonly extra?: Fragment;
}
/** A storage's persistent id: by default storage 0, six float32. */
export const storage = (parts: StorageParts = {}): Fragment => {
  const { tag, type, key, location, count, extra = '' } = parts;
  return `${tuple(
    tag ?? text('storage'),
    type ?? global('torch', 'FloatStorage'),
    key ?? text('0'),
    location ?? text('cpu'),
    count ?? int(6),
    extra,
  )}Q`;
};

interface TensorParts {
  readonly storage?: Fragment;
  readonly offset?: Fragment;
  readonly shape?: Fragment;
  readonly strides?: Fragment;
  readonly hooks?: Fragment;
  readonly extra?: Fragment;
}
/** `_rebuild_tensor_v2`: by default a [2, 3] view of storage 0. */
export const tensor = (parts: TensorParts = {}): Fragment => {
  const { storage: of, offset, shape, strides, hooks, extra = '' } = parts;
  return call(
    global('torch._utils', '_rebuild_tensor_v2'),
    of ?? storage(),
    offset ?? int(0),
    shape ?? tuple(int(2), int(3)),
    strides ?? tuple(int(3), int(1)),
    FALSE,
    hooks ?? orderedDict(),
    extra,
  );
};

/** A whole pickle. */
export const pickle = (value: Fragment, protocol = 2): Buffer =>
  Buffer.from(`\x80${String.fromCharCode(protocol)}${value}.`, 'latin1');

/** A state dict with one good tensor, `w`, and something else beside it. */
export const beside = (value: Fragment): Buffer => pickle(dict([text('w'), tensor()], [text('x'), value]));
