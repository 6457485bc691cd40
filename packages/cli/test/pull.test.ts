import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { zoo } from '@detrain/models';
import { describe, expect, it, vi } from 'vitest';
import { published } from '../src/run/published.ts';
import { pullRequest } from '../src/run/pull.ts';
import { cacheFolder, isPullName, pulledFile } from '../src/run/pulled.ts';
import { run } from './harness.ts';
import { content, other, serve, usePull } from './pull-server.ts';

const { answer, requests, url, cache, files, pullModel, expectWhole } = usePull();
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('pull', () => {
  it('fetches, checks and keeps', async () => {
    answer(serve());
    const result = await pullModel({ sha256: sha256(content).toUpperCase() });
    expect(result).toEqual({
      name: 'model',
      file: path.join(cache(), 'model.pth'),
      bytes: content.length,
      sha256: sha256(content),
      verified: 'given',
      kept: false,
    });
    expectWhole();
    expect(await pullModel()).toMatchObject({ kept: true, verified: 'first pull' });
    expect(requests()).toHaveLength(1);
    expect(pulledFile('model', cache())).toBe(path.join(cache(), 'model.pth'));
    expect(pulledFile('none', cache())).toBeNull();
    expect(pulledFile('../model', cache())).toBeNull();
  });

  it('nothing has its name when the checksum is another', async () => {
    answer(serve());
    await expect(pullModel({ sha256: sha256(other) })).rejects.toThrow(
      `${url()} has SHA-256 ${sha256(content)}, not ${sha256(other)}. It is not the file that was meant, so it was deleted.`,
    );
    expect(files()).toEqual([]);
  });

  it('the first checksum is kept and checked from then on', async () => {
    answer(serve());
    expect(await pullModel()).toMatchObject({ verified: 'unverified' });
    rmSync(path.join(cache(), 'model.pth'));
    expect(pulledFile('model', cache())).toBeNull();
    answer(serve({ bytes: other, etag: '"two"' }));
    await expect(pullModel()).rejects.toThrow(
      /when first pulled, 20.*Its content has changed, so it was deleted.*model\.json/,
    );
    expect(files()).toEqual(['model.json']);
    answer(serve());
    expect(await pullModel()).toMatchObject({ verified: 'first pull', kept: false });
    expectWhole();
  });

  it('a file that was changed on the disk is pulled again', async () => {
    answer(serve());
    await pullModel();
    writeFileSync(path.join(cache(), 'model.pth'), 'damaged');
    expect(await pullModel()).toMatchObject({ kept: false, verified: 'first pull' });
    expectWhole();
  });
});

describe('what is asked for', () => {
  it.each<[string, string | undefined, { url?: string; sha256?: string }, RegExp]>([
    ['a misspelt name', 'deim-dfine-nn', {}, /No checkpoint deim-dfine-nn is known\. Did you mean deim-dfine-n\?/],
    ['an address that is none', 'a', { url: 'model.pth' }, /--url model\.pth is no address/],
    ['a file address', 'a', { url: 'file:///etc/passwd' }, /is no address/],
    ['a checksum that is none', 'a', { url: 'https://a.b/c', sha256: 'abc' }, /--sha256 abc is no SHA-256/],
    ['a name that leaves the cache', '../evil', { url: 'https://a.b/c' }, /cannot be a file's name/],
    [
      'a name from an address that leaves the cache',
      undefined,
      { url: 'https://a.b/..%2fevil' },
      /cannot be a file's name/,
    ],
    ['a published name for another file', 'dfine-n', { url: 'https://a.b/c' }, /Give the file at --url another name/],
  ])('%s', (_, name, options, message) => {
    expect(() => pullRequest(name, options)).toThrow(message);
  });

  it('a name can come from the address', () => {
    expect(pullRequest(undefined, { url: 'https://a.b/dir/my-model.pth?x=1' }).name).toBe('my-model');
  });

  it('published names are the models of the zoo, some with what they were trained on', () => {
    for (const [name, { model, url: address }] of Object.entries(published)) {
      expect(isPullName(name)).toBe(true);
      expect(address).toMatch(/^https:\/\//);
      if (model !== null) {
        expect(Object.keys(zoo)).toContain(model);
        expect(name.startsWith(model)).toBe(true);
      }
    }
    expect(new Set(Object.values(published).map(({ url: address }) => address)).size).toBe(
      Object.keys(published).length,
    );
  });

  it('the cache is where the platform wants it', () => {
    vi.stubEnv('XDG_CACHE_HOME', path.resolve('/xdg'));
    expect(cacheFolder()).toBe(path.resolve('/xdg/detrain'));
    vi.stubEnv('XDG_CACHE_HOME', 'relative');
    expect(cacheFolder()).not.toContain('relative');
    vi.unstubAllEnvs();
  });
});

describe('the command', () => {
  it('lists what is published', async () => {
    const { code, out } = await run('pull', '--cache', cache());
    expect(code).toBe(0);
    expect(out).toMatch(/^dfine-s-objects365-coco +dfine-s +Objects365, then COCO$/m);
    const rows = JSON.parse((await run('pull', '--json', '--cache', cache())).out);
    expect(rows).toContainEqual({ ...published['dfine-n'], name: 'dfine-n', file: null });
  });

  it('pulls, and says what it knows of the checksum', async () => {
    answer(serve());
    const first = await run('pull', 'mine', '--url', url(), '--cache', cache());
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(/mine {2}300 kB of 300 kB\n/);
    expect(first.out).toContain(`${sha256(content)}  unverified: no checksum is published`);
    const again = await run('pull', 'mine', '--url', url(), '--cache', cache(), '--json');
    expect(JSON.parse(again.out)).toMatchObject({ kept: true, verified: 'first pull', bytes: 300_000 });
  });

  it('says what is wrong and gives 2', async () => {
    answer((_, response) => void response.writeHead(404).end());
    const { code, err } = await run('pull', 'mine', '--url', url(), '--cache', cache());
    expect([code, err]).toEqual([2, expect.stringMatching(/answers 404 Not Found/)]);
  });
});
