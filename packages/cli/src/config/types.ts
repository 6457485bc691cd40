import type { Detector, Recipe } from '@detrain/core/tensors';
import type { CallbackOption, FreezeRule } from '@detrain/trainer';

/** What a model factory in a config may know. */
export interface ModelContext {
  readonly numClasses: number;
  readonly classes: readonly string[];
  /** Width and height in pixels. */
  readonly inputSize: readonly [width: number, height: number];
}

/** A model of the zoo, changed a little. */
export interface ZooModel {
  readonly name: string;
  /** Fewer are faster; an image's objects must find room. */
  readonly numQueries?: number;
}

/** What a recipe factory in a config may know. */
export interface RecipeContext extends ModelContext {
  readonly epochs: number;
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  readonly smoke: boolean;
}

/** Which parameters a group holds, and what differs in it. The first group that matches a name wins. */
export interface ParameterGroup {
  /** Tried on the official parameter name. */
  readonly match: RegExp;
  readonly learningRate?: number;
  readonly weightDecay?: number;
}

export interface OptimizerConfig {
  readonly learningRate?: number;
  /** Of parameters whose name begins with `backbone.`; half the learning rate unless given. */
  readonly backboneLearningRate?: number;
  readonly weightDecay?: number;
  readonly betas?: readonly [number, number];
  readonly epsilon?: number;
  /** Gradients are scaled down to this global L2 norm; false leaves them. */
  readonly clip?: number | false;
  /** Instead of the standard groups (backbone, no decay on norms and biases). */
  readonly groups?: readonly ParameterGroup[];
  /** Rates fall by this factor from layer to layer, counted from the heads: decoder layers, encoder, backbone stages, stem. */
  readonly layerDecay?: number;
}

/** A length of the run: a share of it below 1, else steps. */
export type Span = number;

export interface ScheduleConfig {
  /** `flat-cosine` (DEIM), or one rate after the warm-up: `constant`, and `linear-warmup` where it grows linearly (D-FINE, RT-DETRv2). */
  readonly kind?: 'flat-cosine' | 'constant' | 'linear-warmup';
  /** How long the rate grows from 0 (quadratically, but for `linear-warmup`). */
  readonly warmup?: Span;
  /** Where the cosine begins. */
  readonly flat?: Span;
  /** How long the end runs at the lowest rate. */
  readonly tail?: Span;
  /** The lowest rate, as a share of the highest. */
  readonly floor?: number;
}

export interface EmaConfig {
  readonly decay?: number;
  /** Updates over which the decay grows to its value, the official `warmups`. */
  readonly warmup?: number;
}

export interface DataConfig {
  /** A folder in COCO, VOC or YOLO layout. */
  readonly path?: string;
  readonly format?: 'coco' | 'voc' | 'yolo';
  /** The split that is trained on. */
  readonly train?: string;
  /** The split that is evaluated. */
  readonly val?: string;
}

/** Weights to begin with. */
export interface WeightsConfig {
  /** A run's folder, a `.safetensors`, `.pth` or `.onnx` file, or the name of pulled weights. */
  readonly file: string;
  /** The classes of the file's score heads, row by row, where it does not name them and their number does not tell; null for a row of none. */
  readonly classes?: 'coco' | 'objects365' | readonly (string | null)[];
  /** Take what fits of a file that fits only in part. */
  readonly partial?: boolean;
}

/** A training run, as `detrain.config.ts` describes it. Everything is optional. */
export interface DetrainConfig {
  /** Part of the run folder's name; the model's name unless given. */
  readonly name?: string;
  /** A name of the zoo, that with another number of queries, or a factory. */
  readonly model?: string | ZooModel | ((context: ModelContext) => Detector);
  readonly data?: DataConfig;
  /** A recipe or a factory; `compose(deim(), denseO2O())` unless given. */
  readonly recipe?: Recipe | ((context: RecipeContext) => Recipe);
  readonly epochs?: number;
  readonly batchSize?: number;
  /** Pixels, a multiple of 32: a square's side, or width and height. */
  readonly inputSize?: number | readonly [width: number, height: number];
  /** Batches at sizes around `inputSize`, which is itself this many times in the list (DEIM S 20, L 4); false: one size. */
  readonly multiScale?: number | false;
  readonly optimizer?: OptimizerConfig;
  readonly schedule?: ScheduleConfig;
  readonly ema?: EmaConfig | false;
  /** What happens at `emaRestartAt` (share of the run): nothing, the published no-op decay, or what the paper means. */
  readonly emaRestart?: 'off' | 'official-noop' | 'intended';
  readonly emaRestartAt?: number;
  /** The average's decay from there on, where `emaRestart` is `intended`. */
  readonly emaRestartDecay?: number;
  readonly seed?: number;
  readonly engine?: 'auto' | 'compiled' | 'cpu' | 'tfjs-node' | 'tfjs-node-gpu';
  readonly threads?: number;
  /** Threads that each compute a share of every batch, with their part of `threads`. */
  readonly workers?: number;
  /** Threads that decode and augment; 0: the main thread does. */
  readonly loaderThreads?: number;
  /** Evaluate after every this many epochs; the last epoch is always evaluated. */
  readonly evaluateEvery?: number;
  /** Keep weights of every this many epochs; 0 keeps only the last and the best. */
  readonly keepEvery?: number;
  /** Write every this many steps to metrics.jsonl. */
  readonly logEvery?: number;
  /** What is done about problems of the data. */
  readonly onProblem?: 'refuse' | 'repair';
  readonly onNonFinite?: 'stop' | 'skip';
  /** What to begin with. Score heads are rebuilt for the data's classes: rows of classes with the same name are kept. */
  readonly weights?: string | WeightsConfig;
  /** Tensors that do not learn: patterns, `'norms'` (all batch norms), or parts such as `'backbone'` and `'backbone.stem'`. */
  readonly freeze?: readonly FreezeRule[];
  /** Whose statistics batch norms use in training: the batch's, which are recorded, or the running ones, which then stay. */
  readonly batchNorm?: 'batch' | 'running';
  /** The folder that holds the run folders. */
  readonly out?: string;
  readonly callbacks?: CallbackOption;
}

/** What a config file may export: a config, or a function of how the command was called. */
export type ConfigOption = DetrainConfig | ((call: { readonly smoke: boolean }) => DetrainConfig);

/** Gives its argument back; it is there for the types. */
export const defineConfig = (config: ConfigOption): ConfigOption => config;
