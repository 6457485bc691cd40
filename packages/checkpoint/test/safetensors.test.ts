import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import {
  decodeSafetensors,
  encodeSafetensors,
  isCheckpointError,
  readHostTensors,
  readSafetensors,
  type StoredTensor,
  toHost,
  writeSafetensors,
} from '../src/index.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'detrain-checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (header: unknown, data = new Uint8Array(0), declared?: number) => {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  const json = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(declared ?? json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
};
const codeOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    if (isCheckpointError(error)) return error.code;
    throw error;
  }
  return 'no error';
};
const f32 = (shape: unknown, begin: unknown, end: unknown) => ({ dtype: 'F32', shape, data_offsets: [begin, end] });

const tensors: Record<string, StoredTensor> = {
  bytes: { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 255) },
  'a.weight': { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, -2.5, Number.NaN, Number.POSITIVE_INFINITY) },
  double: { dtype: 'F64', shape: [1], data: Float64Array.of(Math.PI) },
  half: { dtype: 'F16', shape: [4], data: Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00) },
  brain: { dtype: 'BF16', shape: [2], data: Uint16Array.of(0x3f80, 0xc000) },
  count: { dtype: 'I64', shape: [], data: BigInt64Array.of(-7n) },
  int: { dtype: 'I32', shape: [1], data: Int32Array.of(-3) },
  short: { dtype: 'I16', shape: [1], data: Int16Array.of(-300) },
  tiny: { dtype: 'I8', shape: [1], data: Int8Array.of(-5) },
  flag: { dtype: 'BOOL', shape: [2], data: Uint8Array.of(0, 1) },
  empty: { dtype: 'F32', shape: [0, 4], data: new Float32Array(0) },
};

describe('round trip', () => {
  test('every element type, metadata and odd names', () => {
    const odd = { ...tensors, ['__proto__x']: tensors['int']!, 'ünï "quoted"\n': tensors['int']! };
    const back = decodeSafetensors(encodeSafetensors(odd, { epoch: '3', note: 'ünï' }));
    expect(back.metadata).toEqual({ epoch: '3', note: 'ünï' });
    expect(back.tensors).toEqual(odd);
  });

  test('host types', () => {
    const host = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toHost(tensor)]));
    expect(Array.from(host['half']!.data)).toEqual([1, -2, 2 ** -24, Number.POSITIVE_INFINITY]);
    expect(Array.from(host['brain']!.data)).toEqual([1, -2]);
    expect(host['double']).toEqual({ dtype: 'float32', shape: [1], data: Float32Array.of(Math.PI) });
    expect(host['count']).toEqual({ dtype: 'int32', shape: [], data: Int32Array.of(-7) });
    expect(host['flag']?.dtype).toBe('bool');
    expect(codeOf(() => toHost({ dtype: 'I64', shape: [1], data: BigInt64Array.of(2n ** 40n) }))).toBe('bad-value');
  });

  test('any float32 tensors, bit for bit', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.float32Array({ maxLength: 9 })), (arrays) => {
        delete arrays['__metadata__'];
        const written = Object.fromEntries(
          Object.entries(arrays).map(([k, data]) => [k, { dtype: 'float32' as const, shape: [data.length], data }]),
        );
        const { tensors: read } = decodeSafetensors(encodeSafetensors(written));
        expect(Object.keys(read).sort()).toEqual(Object.keys(arrays).sort());
        for (const [name, data] of Object.entries(arrays))
          expect(new Uint8Array(read[name]!.data.buffer)).toEqual(
            new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
          );
      }),
    );
  });

  test('data is aligned to 8 bytes', () => {
    expect(Number(new DataView(encodeSafetensors(tensors).buffer).getBigUint64(0, true)) % 8).toBe(0);
  });
});

describe('files', () => {
  test('replaces a file whole and leaves nothing beside it', () => {
    const target = path.join(folder, 'model.safetensors');
    writeFileSync(target, 'old');
    writeSafetensors(target, tensors, { a: 'b' });
    expect(readSafetensors(target).tensors).toEqual(tensors);
    expect(readHostTensors(target).metadata).toEqual({ a: 'b' });
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
  });

  test('a failed write keeps the old file', () => {
    const target = path.join(folder, 'model.safetensors');
    const before = readFileSync(target);
    expect(() => writeSafetensors(target, { w: { dtype: 'float32', shape: [3], data: new Float32Array(2) } })).toThrow(
      /has 2 elements/,
    );
    expect(readFileSync(target).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
  });

  test('an error names the file', () => {
    const target = path.join(folder, 'cut.safetensors');
    writeFileSync(target, encodeSafetensors(tensors).subarray(0, 200));
    expect(() => readSafetensors(target)).toThrow(/truncated|cut\.safetensors/);
    rmSync(target);
  });
});

describe('malformed files', () => {
  const four = new Uint8Array(4);
  test.for<[string, string, Uint8Array]>([
    ['an empty file', 'truncated', new Uint8Array(0)],
    ['a header longer than the file', 'truncated', file('{}', four, 1000)],
    ['an absurd header length', 'header-too-long', file('{}', four, 2 ** 40)],
    ['broken JSON', 'bad-json', file('{"a":')],
    ['an array', 'bad-json', file('[]')],
    ['a header that is not UTF-8', 'bad-json', Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe)],
    ['a number for a tensor', 'bad-header', file({ a: 1 })],
    ['metadata that is no string', 'bad-header', file({ __metadata__: { a: 1 } })],
    ['an unknown dtype', 'unknown-dtype', file({ a: { dtype: 'F8', shape: [4], data_offsets: [0, 4] } }, four)],
    [
      'dtype "constructor"',
      'unknown-dtype',
      file({ a: { dtype: 'constructor', shape: [1], data_offsets: [0, 4] } }, four),
    ],
    ['a negative side', 'bad-shape', file({ a: f32([-1], 0, 4) }, four)],
    ['a fractional side', 'bad-shape', file({ a: f32([0.5, 2], 0, 4) }, four)],
    ['offsets the wrong way', 'bad-offsets', file({ a: f32([1], 4, 0) }, four)],
    ['offsets as text', 'bad-offsets', file({ a: f32([1], '0', '4') }, four)],
    ['an end behind the file', 'out-of-range', file({ a: f32([2], 0, 8) }, four)],
    ['a shape of another size', 'wrong-size', file({ a: f32([2], 0, 4) }, four)],
    ['two tensors on one place', 'overlap', file({ a: f32([1], 0, 4), b: f32([1], 0, 4) }, four)],
    ['a hole', 'gap', file({ a: f32([1], 4, 8) }, new Uint8Array(8))],
    ['bytes after the last tensor', 'gap', file({ a: f32([1], 0, 4) }, new Uint8Array(5))],
    [
      'a name twice',
      'duplicate-name',
      file(
        '{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\\u0061":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}',
      ),
    ],
  ])('%s: %s', ([, code, bytes]) => {
    expect(codeOf(() => decodeSafetensors(bytes))).toBe(code);
  });

  test('any cut of a good file is refused', () => {
    const good = encodeSafetensors(tensors);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: good.length - 1 }), (length) => {
        expect(codeOf(() => decodeSafetensors(good.subarray(0, length)))).not.toBe('no error');
      }),
    );
  });

  test('random bytes never crash in another way', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        codeOf(() => decodeSafetensors(bytes));
      }),
    );
  });

  test('refuses to write what it would not read', () => {
    expect(codeOf(() => encodeSafetensors({ __metadata__: tensors['int']! }))).toBe('bad-name');
    expect(codeOf(() => encodeSafetensors({ a: { dtype: 'F32', shape: [3], data: new Float32Array(2) } }))).toBe(
      'wrong-size',
    );
  });
});
