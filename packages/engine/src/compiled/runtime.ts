import { createRequire } from 'node:module';

/** The module `onnxruntime-node`, as far as this package uses it. */
export type Runtime = Pick<typeof import('onnxruntime-node'), 'InferenceSession' | 'Tensor'>;

let loaded: Promise<Runtime | string> | undefined;

/** Loads onnxruntime-node once. Resolves to the reason where its native library does not load. */
export const loadRuntime = (): Promise<Runtime | string> => {
  loaded ??= import('onnxruntime-node').then(
    (module) => ('InferenceSession' in module ? module : (module as { default: Runtime }).default),
    (error: Error) => `onnxruntime-node does not load: ${error.message.split('\n')[0]}`,
  );
  return loaded;
};

/** The version of onnxruntime-node that is installed. */
export const runtimeVersion = (): string => {
  const manifest = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  return manifest.version;
};
