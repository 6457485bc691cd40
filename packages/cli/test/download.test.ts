import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { pull, pullRequest } from '../src/run/pull.ts';
import { start } from './harness.ts';
import { content, type Handler, other, type Serving, serve, usePull } from './pull-server.ts';

const { answer, requests, url, stop, cache, files, pullModel, expectWhole } = usePull();

describe('downloads', () => {
  it('goes on after breaks, from where it stopped', async () => {
    answer(serve({ cuts: [100_000, 50_000, null] }));
    const shown: number[] = [];
    await pull(pullRequest('model', { url: url() }), cache(), { pause: 1, onProgress: (done) => shown.push(done) });
    expectWhole();
    expect(requests().map(({ range }) => range)).toEqual([undefined, 'bytes=100000-', 'bytes=150000-']);
    expect(requests()[1]?.ifRange).toBe('"one"');
    expect(shown).toEqual([...shown].sort((a, b) => a - b));
    expect(shown.at(-1)).toBe(content.length);
  });

  it('goes on in the next run', async () => {
    answer(serve({ cuts: [100_000, 0, 0, 0, 0, 0, 0, 0] }));
    await expect(pullModel()).rejects.toThrow(/after 100000 of 300000 bytes.*it goes on where it stopped/);
    expect(files()).toEqual([expect.stringMatching(/\.part$/), expect.stringMatching(/\.part\.json$/)]);
    answer(serve());
    await pullModel();
    expect(requests()).toEqual([{ range: 'bytes=100000-', ifRange: '"one"' }]);
    expectWhole();
  });

  it('goes on after the process was killed', async () => {
    answer((_, response) => {
      response.writeHead(200, { 'content-length': String(content.length), etag: '"one"' });
      response.write(content.subarray(0, 100_000));
    });
    const { child, done } = start(['pull', 'model', '--url', url(), '--cache', cache()], path.dirname(cache()));
    const arrived = () =>
      files().some((name) => /\.part$/.test(name) && statSync(path.join(cache(), name)).size === 100_000);
    await vi.waitFor(() => expect(arrived()).toBe(true), { timeout: 30_000, interval: 50 });
    child.kill('SIGKILL');
    await done;
    answer(serve());
    await pullModel();
    expect(requests()).toEqual([{ range: 'bytes=100000-', ifRange: '"one"' }]);
    expectWhole();
  }, 60_000);

  it('goes on with what a killed process left, and leaves alone what a running one writes', async () => {
    mkdirSync(cache());
    const left = (pid: number, bytes: Buffer) => {
      const part = path.join(cache(), `model.${pid}-0123abcd.part`);
      writeFileSync(part, bytes);
      writeFileSync(`${part}.json`, JSON.stringify({ url: url(), validator: '"one"' }));
    };
    left(process.ppid, Buffer.alloc(1000));
    left(2 ** 22 + 1, content.subarray(0, 200_000));
    answer(serve());
    await pullModel();
    expect(requests().map(({ range }) => range)).toEqual(['bytes=200000-']);
    expect(files()).toEqual([
      `model.${process.ppid}-0123abcd.part`,
      `model.${process.ppid}-0123abcd.part.json`,
      'model.json',
      'model.pth',
    ]);
    expect(readFileSync(path.join(cache(), 'model.pth')).equals(content)).toBe(true);
  });

  it.each<[string, Serving, Serving, string | undefined]>([
    [
      'the file changed meanwhile',
      { cuts: [100_000, 0, 0, 0, 0, 0] },
      { bytes: other, etag: '"two"' },
      'bytes=100000-',
    ],
    ['the server knows no ranges', { cuts: Array(6).fill(100_000), ranges: false }, { ranges: false }, 'bytes=100000-'],
    ['there is no validator', { cuts: [100_000, 0, 0, 0, 0, 0], etag: null }, { etag: null }, undefined],
    [
      'the validator is a weak one',
      { cuts: [100_000, 0, 0, 0, 0, 0], etag: 'W/"one"' },
      { etag: 'W/"one"' },
      undefined,
    ],
  ])('begins anew when %s', async (_, broken, then, range) => {
    answer(serve(broken));
    await expect(pullModel()).rejects.toThrow(/of 300000 bytes/);
    answer(serve(then));
    await pullModel();
    expect(requests().map((request) => request.range)).toEqual([range]);
    expectWhole(then.bytes);
  });

  it('goes on by the date of the last change where there is no ETag', async () => {
    const lastModified = 'Fri, 31 Jan 2025 12:00:00 GMT';
    answer(serve({ etag: null, lastModified, cuts: [100_000, null] }));
    await pullModel();
    expect(requests()[1]).toEqual({ range: 'bytes=100000-', ifRange: lastModified });
    expectWhole();
  });

  it('a range that is not the one asked for is not trusted', async () => {
    const whole = serve({ cuts: [100_000, null] });
    answer((request, response) => {
      if (request.headers.range === undefined) return whole(request, response);
      response.writeHead(206, { etag: '"one"', 'content-range': `bytes 5-${content.length - 1}/${content.length}` });
      response.end(content.subarray(5));
    });
    await pullModel();
    expect(requests().map(({ range }) => range)).toEqual([undefined, 'bytes=100000-', undefined]);
    expectWhole();
  });

  it('a part longer than the file is thrown away', async () => {
    answer(serve({ cuts: [200_000, 0, 0, 0, 0, 0] }));
    await expect(pullModel()).rejects.toThrow();
    const short = content.subarray(0, 1000);
    answer((request, response) => {
      if (request.headers.range !== undefined) response.writeHead(416).end();
      else serve({ bytes: short })(request, response);
    });
    await pullModel();
    expectWhole(short);
  });

  it('two at once both end with the file', async () => {
    answer(serve());
    const results = await Promise.all([pullModel(), pullModel()]);
    expect(results.map(({ kept }) => kept)).toEqual([false, false]);
    expectWhole();
  });

  it('a disk without room is found before anything is fetched', async () => {
    answer(serve());
    const request = pullRequest('model', { url: url() });
    await expect(pull(request, cache(), { pause: 1, freeBytes: () => 1000 })).rejects.toThrow(
      /has 1000 bytes free, 300000 are needed\. Make room, or name another folder: --cache DIR/,
    );
    expect(files().filter((name) => name === 'model.pth')).toEqual([]);
  });

  it.each<[string, Handler, RegExp]>([
    [
      'a file that is gone',
      (_, response) => response.writeHead(404).end(),
      /answers 404 Not Found\. It was moved or taken down/,
    ],
    [
      'a file behind a login',
      (_, response) => response.writeHead(403).end(),
      /answers 403 Forbidden\. It may ask for a login/,
    ],
    [
      'a web page',
      (_, response) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>'),
      /gives a web page instead of the file/,
    ],
    [
      'a server in trouble',
      (_, response) => response.writeHead(503).end(),
      /answers 503 Service Unavailable\. Look at the connection/,
    ],
    [
      'a file that ends too soon',
      (_, response) => response.writeHead(200, { 'content-length': '300000' }).write('ten', () => response.destroy()),
      /of 300000 bytes.*Look at the connection/,
    ],
  ])('%s is an error, and nothing has its name', async (_, handler, message) => {
    answer(handler);
    await expect(pullModel()).rejects.toThrow(message);
    expect(files().filter((name) => !name.includes('.part'))).toEqual([]);
  });

  it('a machine without a network is told so at once', async () => {
    const address = url();
    await stop();
    await expect(pull(pullRequest('model', { url: address }), cache())).rejects.toThrow(
      /127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)\. Is this machine online\?/,
    );
  });
});
