import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { prepareTensorFlow } from './backends.ts';

/** What came of a native engine's first gradient step. */
export interface NativeCheck {
  /** TensorFlow's own version; undefined where it does not load. */
  readonly version?: string;
  /** Whether it computes on a GPU. */
  readonly gpu?: boolean;
  /** Why it cannot be used; undefined where it can. */
  readonly reason?: string;
}

/** Runs in a process of its own: the module's address is its first argument, its verdict the last line that it prints. */
const SCRIPT = `
  import util from 'node:util';
  util.isNullOrUndefined ??= (value) => value == null;
  const module = await import(process.argv[1]);
  const tf = module.default ?? module;
  const { binding, isUsingGpuDevice } = tf.backend();
  const numbers = (shape, phase) =>
    tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i + phase)), shape);
  const objective = (x, kernel, head) => {
    const features = tf.relu(tf.conv2d(x, kernel, 2, 'same'));
    return tf.sum(tf.square(tf.matMul(tf.mean(features, [1, 2]), head)));
  };
  const step = async (backend) => {
    await tf.setBackend(backend);
    const inputs = [numbers([2, 8, 8, 3], 0), numbers([3, 3, 3, 4], 1), numbers([4, 2], 2)];
    const { value, grads } = tf.valueAndGrads(objective)(inputs);
    return [value, ...grads].flatMap((tensor) => [...tensor.dataSync()]);
  };
  const native = await step('tensorflow');
  const reference = await step('cpu');
  const largest = Math.max(...reference.map(Math.abs));
  const off = Math.max(...reference.map((value, i) => Math.abs(value - native[i]))) / largest;
  console.log(JSON.stringify({ version: binding.TF_Version, gpu: isUsingGpuDevice, off }));`;

/** Relative to the largest gradient; float32 leaves a hundredth of it. */
const TOLERANCE = 1e-4;
const TIMEOUT_MS = 120_000;

interface Verdict {
  readonly version: string;
  readonly gpu: boolean;
  readonly off: number;
}

/** The line of an error's text that says most. */
const reasonIn = (stderr: string, message: string): string =>
  stderr
    .split('\n')
    .find((line) => /error/i.test(line))
    ?.trim() ??
  message.split('\n')[0] ??
  message;

/**
 * Takes a gradient step on a tfjs-node module and compares it with the cpu backend's, in a process of its own, for a broken
 * native library may take its process down.
 *
 * @param file The module that `import` takes.
 */
export const checkNativeEngine = (file: string): Promise<NativeCheck> => {
  const args = ['--input-type=module', '-e', SCRIPT, pathToFileURL(file).href];
  const env = { ...process.env };
  prepareTensorFlow(env);
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: TIMEOUT_MS, env }, (error, stdout, stderr) => {
      if (error) return resolve({ reason: reasonIn(stderr, error.message) });
      const { off, ...found } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Verdict;
      resolve(off < TOLERANCE ? found : { ...found, reason: `its gradients are off by ${off}` });
    });
  });
};
