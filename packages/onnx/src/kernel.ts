import { type KernelConfig, registerKernel } from '@tensorflow/tfjs-core';
import type { Recording } from './recording.ts';
import type { Traced } from './traced.ts';

/** The tfjs backend that records. */
export const BACKEND = 'detrain-trace';

/** Attributes of a tfjs kernel call, as tfjs passes them. */
export type KernelAttributes = Readonly<Record<string, unknown>>;

/** One call of a tfjs kernel. */
export interface KernelCall<A = KernelAttributes> {
  /** Inputs by tfjs's names; kernels that take a list have '0', '1', … */
  readonly inputs: Readonly<Record<string, Traced>>;
  readonly attributes: A;
  readonly recording: Recording;
}

/** Writes the nodes of one kernel call and returns its result or results. */
export type Recorder<A = KernelAttributes> = (call: KernelCall<A>) => Traced | readonly Traced[];

const table = new Map<string, Recorder>();

/**
 * Adds a tfjs kernel to the table, or replaces it: `recorder` writes the ONNX nodes of a call.
 * To run eagerly too, the kernel must be registered with the eager backends as well (`tf.registerKernel`).
 */
export const defineKernel = <A = KernelAttributes>(name: string, recorder: Recorder<A>): void => {
  table.set(name, recorder as Recorder);
  if (installed) install([name]);
};

/** Names of all kernels that can be recorded, sorted. */
export const kernelNames = (): readonly string[] => [...table.keys()].sort();

type KernelFunction = KernelConfig['kernelFunc'];
let installed = false;

const install = (names: Iterable<string>): void => {
  for (const name of names) {
    const kernelFunc: KernelFunction = ({ inputs, attrs, backend }) =>
      (backend as Tracer).run(table.get(name)!, inputs as Parameters<Tracer['run']>[1], attrs ?? {});
    registerKernel({ kernelName: name, backendName: BACKEND, kernelFunc });
  }
};

/** What a kernel needs of the backend. */
export interface Tracer {
  run(
    recorder: Recorder,
    inputs: Readonly<Record<string, TensorHandle | undefined>>,
    attributes: KernelAttributes,
  ): TensorHandle | TensorHandle[];
}

/** tfjs's view of a tensor inside a kernel. */
export interface TensorHandle {
  dataId: object;
  shape: number[];
  dtype: 'float32' | 'int32' | 'bool' | 'complex64' | 'string';
}

/** Registers the table with tfjs, once. */
export const installKernels = (): void => {
  if (installed) return;
  installed = true;
  install(table.keys());
};
