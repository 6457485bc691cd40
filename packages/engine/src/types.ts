import type { HostTensors, TensorSpec } from '@detrain/core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';

/** The ways to run, by the name that `DETRAIN_ENGINE` and `--engine` take. */
export type EngineName = 'compiled' | 'cpu' | 'tfjs-node' | 'tfjs-node-gpu';

/** How an engine is chosen and set up. */
export interface EngineOptions {
  /** `auto` (the default) takes `DETRAIN_ENGINE`, else the first way that is found; a name forces that way. */
  readonly engine?: 'auto' | EngineName;
  /** Threads of the compiled way; the default is `DETRAIN_THREADS`, else the processors of the machine. */
  readonly threads?: number;
  /** Compiled steps kept at once, one for each set of input shapes (default 4). */
  readonly cacheSize?: number;
  /** Records the time of every operation, for `Training.profile` (default false). */
  readonly profile?: boolean;
}

/** Named tensors that a program reads or gives. */
export type Tensors = Record<string, Tensor>;

/** A forward pass in plain `tf.*`; parameters are inputs too. */
export interface InferenceProgram {
  readonly name: string;
  /** Never reads values back: it is also traced, where no values exist. */
  run(inputs: Tensors): Tensors;
}

/** What the host sees of a forward pass, and how the objective follows from the targets. */
export interface ForwardResult {
  /** Values that `assign` needs on the host. */
  readonly readback: Tensors;
  /** New values of statistics. */
  readonly updates: Tensors;
  loss(targets: Tensors): { readonly total: Scalar; readonly terms: Record<string, Scalar> };
}

/** A training step in plain `tf.*`, without optimiser. */
export interface TrainingProgram {
  readonly name: string;
  /** Names of the inputs that get a gradient. */
  readonly trainable: readonly string[];
  /** Shapes and types of the targets that `assign` returns for inputs of these shapes. */
  targets(inputs: Record<string, TensorSpec>): Record<string, TensorSpec>;
  /** Reads nothing back and draws nothing at random: draws are inputs. */
  forward(inputs: Tensors): ForwardResult;
}

/** Turns what was read back into dense targets. Synchronous and on the host. */
export type Assign = (readback: HostTensors) => HostTensors;

/** What one step gives. Every array is the caller's own. */
export interface StepResult {
  readonly total: number;
  readonly terms: Readonly<Record<string, number>>;
  /** One for each trainable input, under its name; zeros where the objective does not depend on it. */
  readonly gradients: HostTensors;
  readonly updates: HostTensors;
  /** Wall-clock seconds: up to the read-back, on the host, and the rest. */
  readonly seconds: { readonly forward: number; readonly assign: number; readonly backward: number };
}

/** A program made ready for inference. */
export interface Inference {
  /** Throws on an input whose data do not fit its shape or type. */
  run(inputs: HostTensors): Promise<HostTensors>;
  dispose(): Promise<void>;
}

/** The time that one operation of a program took: a node of the compiled way, all kernels of a kind and of these shapes of an eager one. */
export interface NodeTime {
  readonly name: string;
  /** The operator that onnxruntime ran, after its own fusions, or the kernel of tfjs. */
  readonly op: string;
  /** Shapes of the inputs, `4x64x40x40,64x64x3x3`. */
  readonly shapes: string;
  /** Without the first call of a node, or the first step of an eager way, unless there was no other. */
  readonly calls: number;
  /** Milliseconds over these calls. */
  readonly total: number;
  readonly part: 'forward' | 'backward';
}

/** A program made ready for training. */
export interface Training {
  /** Runs one step. An error of `assign` rejects the promise and leaves the training usable. */
  step(inputs: HostTensors, assign: Assign): Promise<StepResult>;
  /**
   * Ends the recording that `profile: true` started and gives the operations, costliest first; none where the engine was made without it.
   */
  profile(): Promise<readonly NodeTime[]>;
  dispose(): Promise<void>;
}

/** What an engine holds at the moment. */
export interface EngineMemory {
  /** Live tfjs tensors of the process. */
  readonly tensors: number;
  /** Bytes of those, plus those that compiled steps hold between their two sessions. */
  readonly bytes: number;
  /** Live onnxruntime sessions of this engine. */
  readonly sessions: number;
}

/** A way to run programs. */
export interface Engine {
  readonly name: EngineName;
  /** One line for logs: the way, its version, threads, and why a better one was not taken. */
  describe(): string;
  /**
   * @param fixed inputs that are the same in every run, such as trained parameters. The compiled way then lays them out
   *   once and for all, which makes runs faster. Their data must not change before `dispose`.
   */
  inference(program: InferenceProgram, fixed?: HostTensors): Inference;
  training(program: TrainingProgram): Training;
  memory(): EngineMemory;
  /** Releases everything that was made from this engine. */
  dispose(): Promise<void>;
}
