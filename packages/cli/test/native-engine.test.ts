import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Machine, thisMachine, toolchain } from '../src/run/native-engine/machine.ts';
import { packageManagerOf } from '../src/run/native-engine/package-manager.ts';
import { tellingLines } from '../src/run/native-engine/programs.ts';
import { targetFor } from '../src/run/native-engine/target.ts';
import { unpackLibraries } from '../src/run/native-engine/unpack.ts';
import { cachedWheel } from '../src/run/native-engine/wheel.ts';
import { wheelUrl } from '../src/run/native-engine/wheel-index.ts';
import { useFolder } from './harness.ts';
import { content, type Handler, serve, usePull } from './pull-server.ts';
import { describeWheel, libraries, zipOf } from './wheel-file.ts';

afterEach(() => vi.unstubAllEnvs());

describe('what is installed where', () => {
  it.each([
    ['linux', 'x64', false, 'tensorflow-cpu'],
    ['linux', 'arm64', false, 'tensorflow-cpu-aws'],
    ['linux', 'x64', true, 'tensorflow'],
    ['linux', 'arm64', true, undefined],
    ['darwin', 'arm64', false, undefined],
    ['win32', 'x64', false, undefined],
  ] as const)('%s %s, gpu %s: %s', (platform, arch, gpu, project) => {
    const target = targetFor(gpu, { platform, arch }, {});
    expect(target.wheel?.project).toBe(project);
    expect(target.name).toBe(gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node');
    if (target.wheel) expect(target.wheel.file).toContain(`${arch === 'x64' ? 'x86_64' : 'aarch64'}.whl`);
  });

  it("asks the host that the package's own variables name", () => {
    const linux = { platform: 'linux', arch: 'x64' };
    const address = (env: NodeJS.ProcessEnv, gpu = false) => targetFor(gpu, linux, env).official;
    expect(address({})).toBe(
      'https://storage.googleapis.com/tensorflow/libtensorflow/libtensorflow-cpu-linux-x86_64-2.9.1.tar.gz',
    );
    expect(address({ TFJS_NODE_CDN_STORAGE: 'https://mirror/' }, true)).toBe(
      'https://mirror/tensorflow/libtensorflow/libtensorflow-gpu-linux-x86_64-2.9.1.tar.gz',
    );
    expect(address({ TFJS_NODE_BASE_URI: 'https://mirror/lib-' })).toBe(
      'https://mirror/lib-cpu-linux-x86_64-2.9.1.tar.gz',
    );
  });
});

describe('package managers', () => {
  const folder = useFolder();
  const write = (files: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder(), name)), { recursive: true });
      writeFileSync(path.join(folder(), name), text);
    }
  };

  it.each([
    ['npm where nothing says otherwise', {}, 'npm', 'install --save-optional'],
    ['the lockfile', { 'pnpm-lock.yaml': '' }, 'pnpm', 'add --save-optional'],
    [
      'the field before the lockfile',
      { 'package-lock.json': '', 'package.json': '{"packageManager":"pnpm@10.1.0"}' },
      'pnpm',
      'add',
    ],
    ['a lockfile above', { '../yarn.lock': '' }, 'yarn', 'add --optional'],
    ['a pnpm workspace at its root', { 'pnpm-lock.yaml': '', 'pnpm-workspace.yaml': '' }, 'pnpm', '--workspace-root'],
  ] as const)('%s', (_, files, name, wanted) => {
    write(Object.fromEntries(Object.entries(files).map(([file, text]) => [path.join('project', file), text])));
    mkdirSync(path.join(folder(), 'project'), { recursive: true });
    const manager = packageManagerOf(path.join(folder(), 'project'));
    expect(manager.name).toBe(name);
    const command = manager.add('thing@1.0.0').join(' ');
    expect(command).toContain(wanted);
    expect(command).toMatch(/ignore-scripts.* thing@1\.0\.0$/);
  });
});

describe('the wheel', () => {
  const { answer, requests, url, cache, files } = usePull();
  const wheel = describeWheel(content);
  const origin = () => new URL(url()).origin;
  const hasFile = (body: string, type: string, rest: Handler = serve({ etag: null })): Handler => {
    return (request, response) => {
      if (!request.url?.startsWith('/simple/')) return rest(request, response);
      response.writeHead(request.url === '/simple/tf-small/' ? 200 : 404, { 'content-type': type }).end(body);
    };
  };
  const html = `<a class="x" href="../../files/${wheel.file}?a=1&amp;b=2#sha256=${wheel.sha256}">${wheel.file}</a>`;

  it.each([
    ['HTML', html, 'text/html', '?a=1&b=2'],
    [
      'JSON',
      JSON.stringify({ files: [{ url: 'x.whl' }, { url: `/files/${wheel.file}` }] }),
      'application/vnd.pypi.simple.v1+json',
      '',
    ],
  ])('is found in an index of %s', async (_, body, type, query) => {
    answer(hasFile(body, type));
    expect(await wheelUrl(wheel, `${origin()}/simple/`)).toBe(`${origin()}/files/${wheel.file}${query}`);
  });

  it('that is nowhere is an error which names the mirror', async () => {
    answer(hasFile('<a href="other.whl">', 'text/html'));
    await expect(wheelUrl(wheel, `${origin()}/simple`)).rejects.toThrow(/has no tf_small.*PIP_INDEX_URL/);
    await expect(wheelUrl({ ...wheel, project: 'x' }, `${origin()}/simple`)).rejects.toThrow(
      /answers 404.*PIP_INDEX_URL/,
    );
    await expect(wheelUrl(wheel, 'https://me:secret@host/simple')).rejects.toThrow(/without name and password/);
    await expect(wheelUrl(wheel, 'http://127.0.0.1:1/simple')).rejects.toThrow(/cannot be reached.*PIP_INDEX_URL/);
  });

  it('is fetched once, and goes on after breaks where the server names no version', async () => {
    answer(hasFile(html, 'text/html', serve({ etag: null, cuts: [100_000, null] })));
    vi.stubEnv('PIP_INDEX_URL', `${origin()}/simple`);
    const file = await cachedWheel(wheel, cache(), { pause: 1 });
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(requests().map(({ range }) => range)).toEqual([undefined, undefined, 'bytes=100000-']);
    vi.stubEnv('PIP_INDEX_URL', 'http://127.0.0.1:1/simple');
    expect(await cachedWheel(wheel, cache())).toBe(file);
    expect(files()).toEqual([wheel.file]);
  });

  it('with another checksum is refused, and one that lies there is fetched anew', async () => {
    const broken = { ...wheel, sha256: '0'.repeat(64) };
    answer(hasFile(html, 'text/html'));
    vi.stubEnv('PIP_INDEX_URL', `${origin()}/simple`);
    await expect(cachedWheel(broken, cache(), { pause: 1 })).rejects.toThrow(/has SHA-256 .*, not 0{64}/);
    expect(files()).toEqual([]);
    mkdirSync(cache(), { recursive: true });
    writeFileSync(path.join(cache(), wheel.file), 'half of it');
    expect(readFileSync(await cachedWheel(wheel, cache(), { pause: 1 })).equals(content)).toBe(true);
  });
});

describe('unpacking', () => {
  const folder = useFolder();

  it('lays libraries and C headers where the binding looks for them', async () => {
    const wheel = path.join(folder(), 'a.whl');
    const deps = path.join(folder(), 'deps');
    writeFileSync(wheel, zipOf(libraries));
    await unpackLibraries(wheel, deps);
    expect(
      readdirSync(deps, { recursive: true, withFileTypes: true })
        .flatMap((entry) => (entry.isFile() ? [entry.name] : []))
        .sort(),
    ).toEqual([
      'c_api.h',
      'ctstring_internal.h',
      'ctstring_internal.h',
      'libtensorflow_cc.so.2',
      'libtensorflow_framework.so.2',
    ]);
    expect(readFileSync(path.join(deps, 'lib', 'libtensorflow.so'), 'utf8')).toBe('the library');
    expect(readlinkSync(path.join(deps, 'lib', 'libtensorflow.so.2.9.1'))).toBe('libtensorflow_cc.so.2');
    expect(existsSync(path.join(deps, 'include', 'tensorflow', 'c', 'c_api.h'))).toBe(true);
  });

  it('says what a wheel lacks', async () => {
    const wheel = path.join(folder(), 'a.whl');
    const { 'tensorflow/libtensorflow_cc.so.2': _, ...rest } = libraries;
    writeFileSync(wheel, zipOf(rest));
    await expect(unpackLibraries(wheel, path.join(folder(), 'deps'))).rejects.toThrow(
      /lacks lib\/libtensorflow_cc\.so\.2/,
    );
  });
});

describe('the machine', () => {
  const folder = useFolder();
  const machine = (changes: Partial<Machine> = {}): Machine => ({
    ...thisMachine(),
    env: {
      CXX: process.execPath,
      MAKE: process.execPath,
      PYTHON: process.execPath,
      npm_config_node_gyp: import.meta.filename,
    },
    glibc: '2.31',
    freeBytes: () => 1e12,
    ...changes,
  });

  it('with everything gives what to build with', async () => {
    mkdirSync(path.join(folder(), 'include', 'node'), { recursive: true });
    writeFileSync(path.join(folder(), 'include', 'node', 'node_api.h'), '');
    const env = { ...machine().env, npm_config_nodedir: folder() };
    expect(await toolchain(folder(), 1e9, machine({ env }))).toEqual({
      nodeGyp: import.meta.filename,
      nodedir: folder(),
    });
  });

  it.each<[string, Partial<Machine>, RegExp]>([
    ['musl', { glibc: undefined }, /no glibc.*musl/],
    ['an old system', { glibc: '2.12' }, /glibc is 2\.12.*2\.17/],
    ['a full disk', { freeBytes: () => 5e8 }, /500 MB free, 1\.0 GB are needed/],
    [
      'no compiler',
      { env: { CXX: 'no-such-c++', PATH: '', npm_config_node_gyp: import.meta.filename } },
      /no-such-c\+\+, make, python3 not found.*apt install/,
    ],
  ])('%s stands in the way', async (_, changes, message) => {
    const found = await toolchain(folder(), 1e9, machine(changes));
    expect('nodeGyp' in found ? [] : found).toContainEqual(expect.stringMatching(message));
  });

  it('shows the lines that tell why a program failed', () => {
    expect(tellingLines('a\nx.cc:3: error: no type\nb\n\n')).toBe('x.cc:3: error: no type');
    expect(tellingLines('a\n\nb\n')).toBe('a\nb');
  });
});
