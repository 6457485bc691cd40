import { describe, expect, it } from 'vitest';
import {
  call,
  dict,
  FALSE,
  type Fragment,
  global,
  int,
  list,
  long,
  pickle,
  storage,
  TRUE,
  tensor,
  text,
} from './assemble.ts';
import { usePlace } from './place.ts';

const { read, trace } = usePlace();

interface Parts {
  readonly magic?: Fragment;
  readonly protocol?: Fragment;
  readonly system?: Fragment;
  readonly root?: Fragment;
  readonly keys?: Fragment;
  readonly tail?: Uint8Array;
}
const count = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes;
};
const six = Buffer.from(Float32Array.of(0, 1, 2, 3, 4, 5).buffer);
/** A checkpoint of PyTorch before 1.6: five pickles, then storage 0. */
const legacy = ({ magic, protocol, system, root, keys, tail }: Parts = {}) =>
  Buffer.concat([
    pickle(magic ?? long(0x1950a86a20f9469cfc6cn)),
    pickle(protocol ?? int(1001)),
    pickle(system ?? dict([text('little_endian'), TRUE])),
    pickle(root ?? dict([text('w'), tensor()])),
    pickle(keys ?? list(text('0'))),
    tail ?? Buffer.concat([count(6), six]),
  ]);
const attack = call(global('os', 'system'), text(`touch ${trace}`));

describe('checkpoints of PyTorch before 1.6', () => {
  it('are read', async () => {
    const { weights } = await read(legacy());
    expect(weights?.source).toBe('pth-legacy');
    expect([...(weights?.tensors.get('w')?.data ?? [])]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it.each<[string, string, Parts]>([
    ['another magic number', 'unknown-format', { magic: int(1) }],
    ["another program's pickle", 'unknown-format', { magic: dict([text('w'), int(1)]) }],
    ['another format', 'bad-pickle', { protocol: int(1002) }],
    ['big-endian', 'big-endian', { system: dict([text('little_endian'), FALSE]) }],
    ['no byte order', 'big-endian', { system: dict() }],
    ['an attack in place of the magic number', 'refused-global', { magic: attack }],
    ['an attack in place of the format', 'refused-global', { protocol: attack }],
    ['an attack in the system', 'refused-global', { system: dict([text('little_endian'), attack]) }],
    ['an attack among the weights', 'refused-global', { root: dict([text('w'), attack]) }],
    ['an attack among the keys', 'refused-global', { keys: list(attack) }],
    ['a storage among the keys', 'bad-pickle', { keys: list(storage()) }],
    ['no keys', 'bad-storage', { keys: list() }],
    ['keys that are no list', 'bad-storage', { keys: dict() }],
    ['an unknown key', 'bad-storage', { keys: list(text('1')) }],
    ['a key twice', 'bad-storage', { keys: list(text('0'), text('0')) }],
    ['a numeric key', 'bad-storage', { keys: list(int(0)) }],
    ['another count before the elements', 'bad-storage', { tail: Buffer.concat([count(5), six]) }],
    ['a negative count', 'too-large', { tail: Buffer.concat([count(-1), six]) }],
    ['no elements', 'truncated', { tail: count(6) }],
    ['no storage at all', 'truncated', { tail: Buffer.alloc(0) }],
    ['bytes behind the storages', 'bad-pickle', { tail: Buffer.concat([count(6), six, six]) }],
    ['a storage larger than the file', 'bad-storage', { root: dict([text('w'), storage({ count: int(2 ** 30) })]) }],
  ])('%s: %s', async (_, code, parts) => {
    expect((await read(legacy(parts))).code).toBe(code);
  });

  it('every cut is an error', async () => {
    const whole = legacy();
    for (let length = 0; length < whole.length; length++)
      expect([length, (await read(whole.subarray(0, length))).code]).toEqual([length, expect.any(String)]);
  });

  it('a flipped bit in the pickles is an error or leaves six numbers; the format has no checksum', async () => {
    const whole = legacy();
    for (let at = 0; at < whole.length - six.length; at++) {
      const flipped = Buffer.from(whole);
      flipped[at] = (whole[at] as number) ^ (1 << (at % 8));
      const { weights, code } = await read(flipped);
      if (weights) for (const { data } of weights.tensors.values()) expect(data.length).toBeLessThanOrEqual(6);
      else expect(code).toBeDefined();
    }
  });
});
