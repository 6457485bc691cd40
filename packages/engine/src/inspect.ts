import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { loadRuntime, runtimeVersion } from './compiled/runtime.ts';
import { locate, packageOf } from './eager/backends.ts';
import { checkNativeEngine } from './eager/check.ts';
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

const inspectCompiled = async (): Promise<EngineReport> => {
  const runtime = await loadRuntime();
  if (typeof runtime !== 'string') return { name: 'compiled', available: true, version: runtimeVersion() };
  const fix = `Install onnxruntime-node for ${process.platform}-${process.arch}; it has prebuilt libraries for Linux and Windows (x64, arm64) and macOS (arm64)`;
  return { name: 'compiled', available: false, reason: runtime, fix };
};

const inspectNative = async (name: 'tfjs-node' | 'tfjs-node-gpu'): Promise<EngineReport> => {
  const specifier = packageOf(name);
  const fix = name === 'tfjs-node' ? 'detrain engine install' : 'detrain engine install --gpu, beside CUDA and cuDNN';
  const file = locate(specifier);
  if (!file) return { name, available: false, reason: `${specifier} is not installed`, fix };
  const found = await versionAt(file, specifier);
  const { version: tensorflow, gpu, reason } = await checkNativeEngine(file);
  const idle = name === 'tfjs-node-gpu' && gpu === false && 'no GPU found, so on the processor';
  const version = [found, tensorflow && `TensorFlow ${tensorflow}`, idle].filter(Boolean).join(', ');
  return reason === undefined ? { name, available: true, version } : { name, available: false, version, reason, fix };
};

/** Looks for every way to run, best first, and says why one cannot be had and how to get it. */
export const inspectEngines = async (): Promise<readonly EngineReport[]> => [
  await inspectCompiled(),
  await inspectNative('tfjs-node-gpu'),
  await inspectNative('tfjs-node'),
  { name: 'cpu', available: true, version: tf.version_core },
];
