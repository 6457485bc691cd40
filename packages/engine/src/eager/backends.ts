import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import util from 'node:util';
import { tf } from '../tf.ts';
import type { EngineName } from '../types.ts';
import { registerNativePadding } from './native-padding.ts';

/** The eager ways, best first, with the tfjs backend that each registers. */
export const eagerBackends = { 'tfjs-node-gpu': 'tensorflow', 'tfjs-node': 'tensorflow', cpu: 'cpu' } as const;
export type EagerName = keyof typeof eagerBackends;

/** The npm package of a native way. */
export const packageOf = (name: EngineName): string =>
  name === 'compiled' ? 'onnxruntime-node' : name === 'cpu' ? '@tensorflow/tfjs' : `@tensorflow/${name}`;

/** Node 23 took away a function that tfjs-node 4.22 calls while it copies tensors. */
export const restoreIsNullOrUndefined = (target: object = util): void => {
  const legacy = target as { isNullOrUndefined?: (value: unknown) => boolean };
  legacy.isNullOrUndefined ??= (value) => value === null || value === undefined;
};

/**
 * How TensorFlow is to start, unless the user has set it: it logs errors alone, and oneDNN, whose products are rounded a third
 * more coarsely, stays off.
 */
export const prepareTensorFlow = (environment: NodeJS.ProcessEnv = process.env): void => {
  environment['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  environment['TF_ENABLE_ONEDNN_OPTS'] ??= '0';
};

/** Where an optional package lies, seen from this package and then from the working directory; undefined if nowhere. */
export const locate = (specifier: string): string | undefined => {
  for (const from of [import.meta.url, pathToFileURL(path.join(process.cwd(), 'index.js')).href])
    try {
      return createRequire(from).resolve(specifier);
    } catch {
      // Not there: the next place.
    }
  return undefined;
};

/** Loads and selects a backend. Resolves to undefined if it is ready, else to the reason why not. */
export const loadBackend = async (name: EagerName): Promise<string | undefined> => {
  if (name !== 'cpu') {
    const file = locate(packageOf(name));
    if (!file) return `${packageOf(name)} is not installed`;
    restoreIsNullOrUndefined();
    prepareTensorFlow();
    try {
      await import(pathToFileURL(file).href);
    } catch (error) {
      return `${packageOf(name)} does not load: ${(error as Error).message.split('\n')[0]}`;
    }
  }
  const backend = eagerBackends[name];
  if (!tf.engine().registryFactory[backend])
    return `${packageOf(name)} registers no backend '${backend}' with this tfjs-core`;
  if (!(await tf.setBackend(backend))) return `the backend '${backend}' does not start`;
  if (name !== 'cpu') registerNativePadding();
  // The cpu backend greets its first user with an advertisement for tfjs-node.
  Object.assign(tf.backend(), { firstUse: false });
  return undefined;
};

/** `tf.tidy` for results without tensors: tidy itself would search every element of their arrays for tensors. */
const tidy = <T>(run: () => T): T => {
  let result: T | undefined;
  tf.tidy(() => {
    result = run();
  });
  return result as T;
};

/**
 * Runs a function, disposing of all its tensors also on errors, on a backend that was loaded before, and puts the former one back.
 * The choice is global in tfjs; as nothing is awaited, no other engine can come between.
 */
export const onBackend = <T>(backend: string, run: () => T): T => {
  const former = tf.getBackend();
  if (former === backend) return tidy(run);
  void tf.setBackend(backend);
  try {
    return tidy(run);
  } finally {
    if (former) void tf.setBackend(former);
  }
};
