import { fail } from '@detrain/core';
import { engine, KernelBackend } from '@tensorflow/tfjs-core';
import type { KernelAttributes, Recorder, TensorHandle, Tracer } from './kernel.ts';
import type { Recording } from './recording.ts';
import { constant, knownValues, type Traced } from './traced.ts';

type Values = Float32Array | Int32Array | Uint8Array;
type DataType = TensorHandle['dtype'];

/** The tfjs backend whose kernels only record. One lives as long as one trace. */
export class TraceBackend extends KernelBackend implements Tracer {
  readonly #values = new Map<object, Traced>();
  readonly #foreign = new WeakMap<object, Traced>();
  readonly #recording: Recording;

  constructor(recording: Recording) {
    super();
    this.#recording = recording;
  }

  /** A tfjs handle of a traced value. Every handle is new: a kernel that returns its own input spoils tfjs's tape. */
  handle(value: Traced): TensorHandle {
    const dataId = {};
    this.#values.set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: value.dtype };
  }

  /** The traced value of a tensor; tensors of other backends become constants. */
  traced({ dataId, shape, dtype }: TensorHandle): Traced {
    const value = this.#values.get(dataId) ?? this.#foreign.get(dataId);
    if (value) return value;
    const foreign = constant(engine().readSync(dataId) as Values, shape, supported(dtype));
    this.#foreign.set(dataId, foreign);
    return foreign;
  }

  run(recorder: Recorder, inputs: Readonly<Record<string, TensorHandle | undefined>>, attributes: KernelAttributes) {
    const traced: Record<string, Traced> = {};
    for (const [name, input] of Object.entries(inputs)) if (input) traced[name] = this.traced(input);
    const out = recorder({ inputs: traced, attributes, recording: this.#recording });
    return Array.isArray(out) ? out.map((value) => this.handle(value)) : this.handle(out as Traced);
  }

  override write(values: Values, shape: number[], dtype: DataType): object {
    const dataId = {};
    this.#values.set(dataId, constant(values, shape, supported(dtype)));
    return dataId;
  }

  override move(dataId: object, values: Values, shape: number[], dtype: DataType): void {
    this.#values.set(dataId, constant(values, shape, supported(dtype)));
  }

  override readSync(dataId: object): Values {
    const value = this.#values.get(dataId);
    const known = value && knownValues(value);
    return (
      known ??
      fail(
        'onnx',
        'a tensor was read while tracing',
        'values that stay in the graph',
        'read it outside, or make it an output',
      )
    );
  }

  override async read(dataId: object): Promise<Values> {
    return this.readSync(dataId);
  }

  override disposeData(dataId: object): boolean {
    this.#values.delete(dataId);
    return true;
  }

  override numDataIds(): number {
    return this.#values.size;
  }

  override memory() {
    return { unreliable: false };
  }

  override refCount(): number {
    return 1;
  }

  override incRef(): void {}

  decRef(): void {}

  override timerAvailable(): boolean {
    return false;
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {
    this.#values.clear();
  }
}

const supported = (dtype: DataType): Traced['dtype'] =>
  dtype === 'float32' || dtype === 'int32' || dtype === 'bool'
    ? dtype
    : fail(
        'onnx',
        `a ${dtype} tensor was made while tracing`,
        'float32, int32 or bool',
        'keep other types out of the program',
      );
