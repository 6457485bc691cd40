import { type DType, fail, type TensorSpec } from '@detrain/core';
import { engine, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { TraceBackend } from './backend.ts';
import type { Graph } from './graph.ts';
import { BACKEND, installKernels, kernelNames } from './kernel.ts';
import { PREFIX, record } from './recording.ts';
import './kernels/index.ts';
import type { Traced } from './traced.ts';

/**
 * Runs `run` once under a backend that only records, and returns the graph that does the same.
 *
 * `run` sees tensors without values: it must not read them back. `tf.grads`, `tf.valueAndGrads` and `tf.customGrad`
 * work inside it where the gradients are registered (`import '@tensorflow/tfjs'` does so). Tensors it captures from
 * outside become constants. The backend in use before is in use again afterwards, and no tensor stays behind.
 *
 * @param run Tensors by name to tensors by name; the graph's outputs have these names, in this order.
 * @param specs Shape and type of each input.
 * @throws Error when `run` uses a kernel that the table lacks, reads a value, or gives an output an input's name.
 */
export const trace = (
  run: (inputs: Record<string, Tensor>) => Record<string, Tensor>,
  specs: Readonly<Record<string, TensorSpec>>,
): Graph => {
  installKernels();
  const before = engine().backendName as string | null | undefined;
  if (before === BACKEND) fail('onnx', 'trace was called inside trace', 'one trace at a time', 'call it outside `run`');
  const recording = record();
  const backend = new TraceBackend(recording);
  engine().registerBackend(BACKEND, () => backend, 0);
  // Synchronous in effect: the factory is, and tfjs only awaits asynchronous ones.
  void engine().setBackend(BACKEND);
  try {
    const outputs: Record<string, Traced> = {};
    tidy(() => {
      const inputs: Record<string, Tensor> = {};
      for (const [name, { shape, dtype }] of Object.entries(specs)) {
        if (name.startsWith(PREFIX))
          fail('onnx', `an input is named '${name}'`, `a name that does not start with ${PREFIX}`, 'rename it');
        const value = recording.input(name, { shape, dtype });
        inputs[name] = engine().makeTensorFromTensorInfo(backend.handle(value));
      }
      for (const [name, tensor] of Object.entries(run(inputs))) {
        outputs[name] = backend.traced({ dataId: tensor.dataId, shape: tensor.shape, dtype: tensor.dtype as DType });
      }
    });
    return recording.finish(outputs);
  } catch (error) {
    throw explained(error);
  } finally {
    dropTape();
    engine().removeBackend(BACKEND);
    if (before != null) void engine().setBackend(before);
  }
};

/** Says more about the one error that tfjs words for its own maintainers. */
const explained = (error: unknown): unknown => {
  const kernel = error instanceof Error && /Kernel '(.+?)' not registered for backend/.exec(error.message)?.[1];
  if (!kernel) return error;
  return new Error(
    `onnx: the program uses the tfjs kernel '${kernel}', which cannot be recorded. ` +
      `The table has ${kernelNames().length} kernels. Add it with defineKernel('${kernel}', recorder) of @detrain/onnx.`,
    { cause: error },
  );
};

/** After an error inside `tf.grads`, frees what its tape had saved. */
const dropTape = (): void => {
  const { state } = engine();
  if (state.gradientDepth !== 0 || !state.activeTape) return;
  for (const node of state.activeTape) for (const tensor of node.saved ?? []) tensor.dispose();
  state.activeTape = [];
};
