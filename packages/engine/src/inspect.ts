import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadRuntime, runtimeVersion } from './compiled/runtime.ts';
import { locate, packageOf } from './eager/backends.ts';
import { tf } from './tf.ts';
import type { EngineName } from './types.ts';

/** What was found of one way to run. */
export interface EngineReport {
  readonly name: EngineName;
  readonly available: boolean;
  readonly version?: string;
  /** Why it is not available. */
  readonly reason?: string;
  /** How to get it. */
  readonly fix?: string;
}

const versionAt = async (file: string, name: string): Promise<string | undefined> => {
  for (let folder = path.dirname(file); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const text = await readFile(path.join(folder, 'package.json'), 'utf8').catch(() => '{}');
    const manifest = JSON.parse(text) as { name?: string; version?: string };
    if (manifest.name === name) return manifest.version;
  }
  return undefined;
};

/** Loads a module in a process of its own, for a broken native library may take its process down. */
const tryLoad = (file: string): Promise<string | undefined> => {
  const script = `
    import util from 'node:util';
    util.isNullOrUndefined ??= (value) => value == null;
    const module = await import(${JSON.stringify(pathToFileURL(file).href)});
    const tf = module.default ?? module;
    const sum = tf.add(tf.tensor([1, 2]), tf.tensor([3, 4])).dataSync();
    process.exit(sum[1] === 6 ? 0 : 3);`;
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '-e', script], { timeout: 60_000 }, (error, _, stderr) => {
      const line = stderr.split('\n').find((text) => /error/i.test(text));
      resolve(error ? (line?.trim() ?? error.message.split('\n')[0]) : undefined);
    });
  });
};

const inspectCompiled = async (): Promise<EngineReport> => {
  const runtime = await loadRuntime();
  if (typeof runtime !== 'string') return { name: 'compiled', available: true, version: runtimeVersion() };
  const fix = `Install onnxruntime-node for ${process.platform}-${process.arch}; it has prebuilt libraries for Linux and Windows (x64, arm64) and macOS (arm64)`;
  return { name: 'compiled', available: false, reason: runtime, fix };
};

const inspectNative = async (name: 'tfjs-node' | 'tfjs-node-gpu'): Promise<EngineReport> => {
  const specifier = packageOf(name);
  const file = locate(specifier);
  if (!file) {
    const needs = name === 'tfjs-node-gpu' ? ', which needs CUDA 11.2 and cuDNN 8' : '';
    return {
      name,
      available: false,
      reason: `${specifier} is not installed`,
      fix: `npm install ${specifier}@4.22.0${needs}`,
    };
  }
  const version = await versionAt(file, specifier);
  const reason = await tryLoad(file);
  const found = version === undefined ? {} : { version };
  if (!reason) return { name, available: true, ...found };
  const fix = `npm rebuild ${specifier} where its install script may run and download libtensorflow, or set TFJS_NODE_BASE_URI to a place that has it`;
  return { name, available: false, ...found, reason, fix };
};

/** Looks for every way to run, best first, and says why one cannot be had and how to get it. */
export const inspectEngines = async (): Promise<readonly EngineReport[]> => [
  await inspectCompiled(),
  await inspectNative('tfjs-node-gpu'),
  await inspectNative('tfjs-node'),
  { name: 'cpu', available: true, version: tf.version_core },
];
