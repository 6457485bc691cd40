import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';
import { createNodeTimes } from '../node-times.ts';
import { tf } from '../tf.ts';
import type { NodeTime } from '../types.ts';

/** Takes the time of the kernels that a backend runs. On a GPU that is the time of launching them. */
export interface KernelTimes {
  /** Runs a function; meanwhile every kernel counts for a part. */
  during<T>(run: (setPart: (part: NodeTime['part']) => void) => T): T;
  /** Kernels by part and shapes, costliest first. Of several runs the first is left out. Nothing counts from then on. */
  end(): NodeTime[];
}

const shapesOf = (inputs: Readonly<Record<string, TensorInfo | TensorInfo[] | undefined>>): string =>
  Object.values(inputs)
    .flatMap((input) => input ?? [])
    .map(({ shape }) => shape.join('x'))
    .join(',');

/** Readies the clock of a backend. */
export const createKernelTimes = (backend: string): KernelTimes => {
  let times = createNodeTimes();
  let runs = 0;
  let ended = false;
  let part: NodeTime['part'] = 'forward';
  /** Time of kernels within the one that runs now: theirs, not its. */
  let inner = 0;

  const timed = (config: KernelConfig): KernelConfig => ({
    ...config,
    kernelFunc: (given) => {
      const before = inner;
      inner = 0;
      const start = performance.now();
      try {
        return config.kernelFunc(given);
      } finally {
        const whole = performance.now() - start;
        const { kernelName } = config;
        const shapes = shapesOf(given.inputs);
        const about = () => ({ name: kernelName, op: kernelName, shapes, part });
        times.add(`${part} ${kernelName} ${shapes}`, whole - inner, about);
        inner = before + whole;
      }
    },
  });
  const register = (configs: readonly KernelConfig[]) => {
    for (const config of configs) {
      tf.unregisterKernel(config.kernelName, backend);
      tf.registerKernel(config);
    }
  };

  return {
    during: (run) => {
      if (ended) return run(() => {});
      if (runs++ === 1) times = createNodeTimes();
      const stock = tf.getKernelsForBackend(backend);
      part = 'forward';
      register(stock.map(timed));
      try {
        return run((next) => {
          part = next;
        });
      } finally {
        register(stock);
      }
    },
    end: () => {
      ended = true;
      return times.list();
    },
  };
};
