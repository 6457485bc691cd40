import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { installEngine } from '../src/run/native-engine/install.ts';
import { isInterruption } from '../src/run/native-engine/project.ts';
import type { Target } from '../src/run/native-engine/target.ts';
import { useFolder } from './harness.ts';
import { describeWheel, libraries, zipOf } from './wheel-file.ts';

const tfjs = createRequire(createRequire(import.meta.url).resolve('@detrain/engine/package.json')).resolve(
  '@tensorflow/tfjs',
);
const wheelContent = zipOf(libraries);
const target: Target = {
  name: '@tensorflow/tfjs-node',
  version: '4.22.0',
  engine: 'tfjs-node',
  official: 'http://127.0.0.1:1/libtensorflow.tar.gz',
  wheel: describeWheel(wheelContent),
};

/** A package whose backend is the cpu's under another name, times `factor`; it loads when its binding was built. */
const main = `
  const fs = require('node:fs');
  const path = require('node:path');
  const built = path.join(__dirname, 'lib', 'napi-v8', 'tfjs_binding.node');
  if (!fs.existsSync(built)) throw new Error('no binding was built');
  const factor = Number(fs.readFileSync(built, 'utf8'));
  const tf = require(${JSON.stringify(tfjs)});
  tf.copyRegisteredKernels('cpu', 'tensorflow');
  const stock = tf.getKernel('Sum', 'tensorflow');
  tf.unregisterKernel('Sum', 'tensorflow');
  tf.registerKernel({ ...stock, kernelFunc: (call) => tf.getKernel('Multiply', 'cpu').kernelFunc({
    inputs: { a: stock.kernelFunc(call), b: tf.scalar(factor) }, backend: call.backend }) });
  tf.registerBackend('tensorflow', () => Object.assign(tf.findBackendFactory('cpu')(), { binding: { TF_Version: '0.1' } }), 9);
  module.exports = tf;`;

/** Its install script: builds the binding where libraries and the hook lie, or does what \`SCRIPT\` says. */
const script = `
  const fs = require('node:fs');
  const given = fs.existsSync('deps/lib/libtensorflow.so.2.9.1') && fs.existsSync('scripts/custom-binary.json');
  if (!given && process.env.SCRIPT !== 'download')
    process.exit(console.error('error: nothing to build with') ?? 1);
  fs.writeFileSync('package.json', '{}');
  if (process.env.SCRIPT === 'fail') process.exit(console.error('x.cc: error: no such type') ?? 1);
  if (process.env.SCRIPT === 'interrupt') process.kill(Number(process.env.INSTALLER), 'SIGINT');
  fs.mkdirSync('lib/napi-v8', { recursive: true });
  if (given) fs.mkdirSync('build-tmp-napi-v8');
  fs.writeFileSync('lib/napi-v8/tfjs_binding.node', process.env.SCRIPT === 'wrong' ? '1.1' : '1');`;

/** A package manager that knows this one package. */
const manager = `#!${process.execPath}
  const fs = require('node:fs');
  const [, , verb] = process.argv;
  const place = 'node_modules/@tensorflow/tfjs-node';
  fs.writeFileSync('package-lock.json', verb);
  fs.rmSync(place, { recursive: true, force: true });
  fs.writeFileSync('package.json', JSON.stringify({ private: true, verb, args: process.argv.slice(3) }));
  if (verb === 'install') {
    fs.mkdirSync(place + '/scripts', { recursive: true });
    const { main, script } = JSON.parse(fs.readFileSync(process.env.PACKAGE, 'utf8'));
    fs.writeFileSync(place + '/index.js', main);
    fs.writeFileSync(place + '/scripts/install.js', script);
    fs.writeFileSync(place + '/package.json', JSON.stringify({ name: '@tensorflow/tfjs-node', version: '4.22.0', main: 'index.js', scripts: { install: 'node scripts/install.js' } }));
  }`;

const folder = useFolder();
const project = () => path.join(folder(), 'project');
const cache = () => path.join(folder(), 'cache');
const place = () => path.join(project(), 'node_modules', '@tensorflow', 'tfjs-node');
const manifest = '{ "private": true }\n';

/** Every file of the project with its text. */
const files = () =>
  Object.fromEntries(
    readdirSync(project(), { recursive: true, withFileTypes: true }).flatMap((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return entry.isFile() ? [[path.relative(project(), file), readFileSync(file, 'utf8')]] : [];
    }),
  );

beforeEach(() => {
  const bin = path.join(folder(), 'bin');
  for (const made of [project(), cache(), bin]) mkdirSync(made);
  writeFileSync(path.join(project(), 'package.json'), manifest);
  writeFileSync(path.join(cache(), target.wheel?.file ?? ''), wheelContent);
  writeFileSync(path.join(folder(), 'package.txt'), JSON.stringify({ main, script }));
  writeFileSync(path.join(bin, 'npm'), manager);
  writeFileSync(path.join(bin, 'package.json'), '{ "type": "commonjs" }');
  chmodSync(path.join(bin, 'npm'), 0o755);
  vi.stubEnv('PACKAGE', path.join(folder(), 'package.txt'));
  vi.stubEnv('PATH', `${bin}:${process.env['PATH']}`);
  // This machine may lack what a binding is built with; none is built here.
  for (const name of ['CXX', 'MAKE', 'PYTHON']) vi.stubEnv(name, process.execPath);
  vi.stubEnv('npm_config_node_gyp', import.meta.filename);
  const headers = path.join(folder(), 'include', 'node');
  mkdirSync(headers, { recursive: true });
  writeFileSync(path.join(headers, 'node_api.h'), '');
  vi.stubEnv('npm_config_nodedir', folder());
});
afterEach(() => vi.unstubAllEnvs());

const install = (changes: Partial<Target> = {}, say: (line: string) => void = () => {}) =>
  installEngine({ ...target, ...changes }, { folder: project(), cache: cache(), say });

/** The address of a host that has the package's own libraries. */
const useHost = () => {
  let host = createServer();
  beforeEach(async () => {
    host = createServer((_, response) => response.end());
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => host.close());
  return () => `http://127.0.0.1:${(host.address() as AddressInfo).port}/libtensorflow.tar.gz`;
};

describe.skipIf(process.platform !== 'linux')('detrain engine install', () => {
  const official = useHost();

  it('adds the package without scripts, builds it and proves it; a second time it is there', async () => {
    expect(await install()).toEqual({
      name: '@tensorflow/tfjs-node',
      version: '4.22.0',
      way: 'wheel',
      tensorflow: '0.1',
      gpu: false,
    });
    const { verb, args } = JSON.parse(files()['package.json'] as string);
    expect([verb, ...args].join(' ')).toMatch(
      /^install --save-optional .*--ignore-scripts.* @tensorflow\/tfjs-node@4\.22\.0$/,
    );
    expect(readdirSync(place()).sort()).toEqual(['deps', 'index.js', 'lib', 'package.json', 'scripts']);
    expect(JSON.parse(readFileSync(path.join(place(), 'package.json'), 'utf8')).version).toBe('4.22.0');
    const before = files();
    expect((await install()).way).toBe('already there');
    expect(files()).toEqual(before);
  }, 60_000);

  it("takes the package's own source where that can be reached", async () => {
    vi.stubEnv('SCRIPT', 'download');
    expect((await install({ official: official(), wheel: undefined })).way).toBe('official');
    expect(readdirSync(place()).sort()).toEqual(['index.js', 'lib', 'package.json', 'scripts']);
  }, 60_000);

  it('takes the wheel where that source fails, and says why', async () => {
    const said: string[] = [];
    expect((await install({ official: official() }, (line) => said.push(line))).way).toBe('wheel');
    expect(said[0]).toMatch(/own installer failed: .*\nerror: nothing to build with/);
  }, 60_000);

  it.each([
    ['a build that fails', 'fail', /install\.js failed.*\nx\.cc: error: no such type/],
    ['gradients that are wrong', 'wrong', /gradients are off by 0\.\d+/],
  ])(
    '%s leaves the project as it was',
    async (_, behaviour, message) => {
      vi.stubEnv('SCRIPT', behaviour);
      await expect(install()).rejects.toThrow(message);
      expect(files()).toEqual({ 'package.json': manifest });
    },
    60_000,
  );

  it('Ctrl-C leaves the project as it was', async () => {
    vi.stubEnv('SCRIPT', 'interrupt');
    vi.stubEnv('INSTALLER', `${process.pid}`);
    const error = await install().catch((thrown: unknown) => thrown);
    expect(isInterruption(error)).toBe(true);
    expect(files()).toEqual({ 'package.json': manifest });
  }, 60_000);

  it('builds what was added before, without touching the manifest or what a store shares', async () => {
    await install();
    for (const made of ['lib', 'deps']) rmSync(path.join(place(), made), { recursive: true });
    mkdirSync(path.join(place(), 'deps'));
    writeFileSync(path.join(place(), 'deps', 'half'), 'a download that broke');
    const stored = path.join(folder(), 'stored.json');
    linkSync(path.join(place(), 'package.json'), stored);
    const before = files();
    vi.stubEnv('SCRIPT', 'fail');
    await expect(install()).rejects.toThrow('no such type');
    expect(files()).toEqual(before);
    vi.stubEnv('SCRIPT', '');
    expect((await install()).way).toBe('wheel');
    const { 'package-lock.json': lock, 'package.json': own } = files();
    expect([lock, own]).toEqual([before['package-lock.json'], before['package.json']]);
    expect(JSON.parse(readFileSync(stored, 'utf8')).version).toBe('4.22.0');
    expect(existsSync(path.join(place(), 'deps', 'half'))).toBe(false);
  }, 60_000);

  it('refuses another version, and a folder without a project', async () => {
    await install();
    const file = path.join(place(), 'package.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('4.22.0', '4.10.0'));
    await expect(install()).rejects.toThrow(/4\.10\.0 is installed; 4\.22\.0 .* npm uninstall .*tfjs-node/);
    rmSync(path.join(project(), 'package.json'));
    await expect(install()).rejects.toThrow(/no package\.json.*npm init/);
  }, 60_000);

  it('says where nothing can be had from PyPI', async () => {
    await expect(install({ wheel: undefined })).rejects.toThrow(/only Linux.*TFJS_NODE_BASE_URI/);
    expect(files()).toEqual({ 'package.json': manifest });
  });
});
