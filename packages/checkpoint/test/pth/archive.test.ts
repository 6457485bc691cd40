import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dict, pickle, tensor, text } from './assemble.ts';
import { usePlace } from './place.ts';
import { checkpointEntries, type ZipEntry, zip } from './zip-writer.ts';

const { read } = usePlace();
const good = () => checkpointEntries(pickle(dict([text('w'), tensor()])));
const changed = (name: string, change: Partial<ZipEntry>) =>
  zip(good().map((entry) => (entry.name === name ? { ...entry, ...change } : entry)));
const added = (...entries: readonly ZipEntry[]) => zip([...good(), ...entries]);
const zeros = (count: number) => Buffer.alloc(count);
const empty = zeros(0);

describe('archives', () => {
  it('stored and deflated entries are read', async () => {
    for (const bytes of [zip(good()), zip(good().map((entry) => ({ ...entry, deflate: true })))]) {
      const { weights } = await read(bytes);
      expect(weights?.source).toBe('pth');
      expect([...(weights?.tensors.get('w')?.data ?? [])]).toEqual([0, 1, 2, 3, 4, 5]);
    }
  });

  it.each<[string, string, () => Uint8Array]>([
    ['no entry', 'unknown-format', () => zip([])],
    ['no pickle', 'unknown-format', () => zip(good().slice(1))],
    ['a pickle without a folder', 'unknown-format', () => changed('c/data.pkl', { name: 'data.pkl' })],
    ['a pickle deeper down', 'unknown-format', () => changed('c/data.pkl', { name: 'a/b/data.pkl' })],
    ['two checkpoints', 'unknown-format', () => added({ name: 'd/data.pkl', data: empty })],
    ['TorchScript constants', 'torchscript', () => added({ name: 'c/constants.pkl', data: empty })],
    ['TorchScript code', 'torchscript', () => added({ name: 'c/code/__torch__.py', data: empty })],
    ['big-endian', 'big-endian', () => changed('c/byteorder', { data: Buffer.from('big') })],
    ['an unknown byte order', 'bad-archive', () => changed('c/byteorder', { data: Buffer.from('middle') })],
    ['a long byte order', 'bad-archive', () => changed('c/byteorder', { data: zeros(1000) })],
    ['an entry twice', 'bad-archive', () => added({ name: 'c/data/0', data: zeros(24) })],
    ['an absolute name', 'bad-archive', () => added({ name: '/etc/passwd', data: empty })],
    ['a name that leaves the folder', 'bad-archive', () => added({ name: '../../evil', data: empty })],
    ['a name that leaves it further in', 'bad-archive', () => added({ name: 'c/../../evil', data: empty })],
    ['a backslash', 'bad-archive', () => added({ name: 'c\\evil', data: empty })],
    ['a drive letter', 'bad-archive', () => added({ name: 'C:/evil', data: empty })],
    ['an encrypted entry', 'bad-archive', () => changed('c/data/0', { flags: 0x801 })],
    ['bzip2', 'bad-archive', () => changed('c/data/0', { method: 12 })],
    ['LZMA', 'bad-archive', () => changed('c/data.pkl', { method: 14 })],
    ['another name in the entry itself', 'bad-archive', () => changed('c/data/0', { localName: 'c/data/9' })],
    ['another method in the entry itself', 'bad-archive', () => changed('c/data/0', { localMethod: 8 })],
    ['a pickle with a wrong checksum', 'bad-crc', () => changed('c/data.pkl', { crc: 1 })],
    ['a storage with a wrong checksum', 'bad-crc', () => changed('c/data/0', { crc: 1 })],
    ['a byte order with a wrong checksum', 'bad-crc', () => changed('c/byteorder', { crc: 1 })],
    ['a stored entry of two sizes', 'bad-archive', () => changed('c/data/0', { size: 23 })],
    [
      'a deflated entry that is shorter',
      'bad-archive',
      () => changed('c/data/0', { deflate: true, data: zeros(20), size: 24 }),
    ],
    [
      'a deflated entry that is longer',
      'bad-archive',
      () => changed('c/data/0', { deflate: true, data: zeros(1000), size: 24 }),
    ],
    ['a deflated entry that is none', 'bad-archive', () => changed('c/data/0', { method: 8 })],
    ['an entry inside another', 'bad-archive', () => changed('c/data/0', { offset: 0 })],
    ['an entry beyond the file', 'bad-archive', () => changed('c/version', { offset: 1_000_000 })],
    ['an entry longer than the file', 'bad-archive', () => changed('c/version', { size: 10_000, packed: 10_000 })],
    [
      'an entry of 4 GB that claims to be short',
      'too-large',
      () => changed('c/version', { deflate: true, size: 2 ** 32 - 2 }),
    ],
    ['40 MB of zeros in 40 kB', 'too-large', () => added({ name: 'c/data/1', data: zeros(40_000_000), deflate: true })],
    [
      'many small bombs',
      'too-large',
      () =>
        added(
          ...Array.from({ length: 20 }, (_, i) => ({ name: `c/data/${i + 1}`, data: zeros(2 ** 20), deflate: true })),
        ),
    ],
    ['a pickle of 65 MiB', 'too-large', () => changed('c/data.pkl', { data: zeros(65 * 2 ** 20) })],
    ['bytes behind the archive', 'bad-archive', () => Buffer.concat([zip(good()), Buffer.from('x'.repeat(70_000))])],
  ])('%s: %s', async (_, code, bytes) => {
    expect((await read(bytes())).code).toBe(code);
  });
});

describe('damage', () => {
  const whole = zip(good());
  const deflated = zip(good().map((entry) => ({ ...entry, deflate: true })));
  const isWhole = (outcome: Awaited<ReturnType<typeof read>>) =>
    expect([...(outcome.weights?.tensors.get('w')?.data ?? [])]).toEqual([0, 1, 2, 3, 4, 5]);

  it.each(Array.from({ length: whole.length - 1 }, (_, i) => i + 1).filter((length) => length % 7 === 0))(
    'cut after %i bytes',
    async (length) => {
      expect((await read(whole.subarray(0, length))).code).toBeDefined();
    },
  );

  it('every flipped bit is an error, or changes nothing that is read', async () => {
    for (const bytes of [whole, deflated])
      for (let at = 0; at < bytes.length; at++) {
        const flipped = Buffer.from(bytes);
        flipped[at] = (bytes[at] as number) ^ (1 << (at % 8));
        const outcome = await read(flipped);
        if (outcome.weights) isWhole(outcome);
        else expect([at, outcome.code]).toEqual([at, expect.any(String)]);
      }
  });

  it('several flipped bytes', async () => {
    const place = fc.tuple(fc.nat(deflated.length - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(place, { minLength: 1, maxLength: 8 }), async (flips) => {
        const flipped = Buffer.from(deflated);
        for (const [at, bits] of flips) flipped[at] = (flipped[at] as number) ^ bits;
        const outcome = await read(flipped);
        if (outcome.weights) isWhole(outcome);
      }),
      { numRuns: 500 },
    );
  });
});

describe('files that are something else', () => {
  it.each<[string, RegExp, string | Uint8Array]>([
    ['nothing', /is empty/, ''],
    ['a web page', /is a web page.*open its address in a browser/, '<!DOCTYPE html><title>Quota exceeded</title>'],
    [
      'a Git LFS pointer',
      /is a Git LFS pointer.*git lfs pull/,
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\n',
    ],
    ['a tar archive', /is a tar archive/, `${'a'.repeat(257)}ustar\0`],
    ['a gzip file', /is a gzip file/, Uint8Array.of(0x1f, 0x8b, 8, 0)],
    ['text', /is no file of weights/, 'weights'],
  ])('%s', async (_, message, content) => {
    const { code, message: text } = await read(Buffer.from(content as string));
    expect(code).toBe('unknown-format');
    expect(text).toMatch(message);
  });

  it('random bytes are no weights, and nothing worse', async () => {
    const start = fc.constantFrom(
      '',
      'PK\x03\x04',
      'PK\x05\x06',
      '\x80\x02',
      '\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.',
      '\x08\x08',
    );
    await fc.assert(
      fc.asyncProperty(start, fc.uint8Array({ maxLength: 400 }), async (head, tail) => {
        const { code } = await read(Buffer.concat([Buffer.from(head, 'latin1'), tail]));
        expect(code).toBeDefined();
      }),
      { numRuns: 1000 },
    );
  });
});
