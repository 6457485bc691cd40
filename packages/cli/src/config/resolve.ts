import { userError } from '../errors.ts';
import type { DetrainConfig, WeightsConfig } from './types.ts';

/** Options of the command line that stand above a config file. */
export interface Overrides {
  readonly data?: string | undefined;
  readonly model?: string | undefined;
  readonly epochs?: number | undefined;
  readonly batch?: number | undefined;
  readonly size?: number | undefined;
  readonly lr?: number | undefined;
  readonly seed?: number | undefined;
  readonly engine?: string | undefined;
  readonly threads?: number | undefined;
  readonly workers?: number | undefined;
  readonly out?: string | undefined;
  readonly weights?: string | undefined;
  readonly weightsClasses?: WeightsConfig['classes'] | undefined;
  readonly partial?: boolean | undefined;
  readonly name?: string | undefined;
  readonly onProblem?: string | undefined;
  readonly onNonFinite?: string | undefined;
}

/** Sizes that the published models were trained at, in pixels. */
const PUBLISHED_SIZE: Readonly<Record<string, number>> = { 'deimv2-atto': 320, 'deimv2-femto': 416 };
/** Learning rates of the published configurations at batch 128 (DEIM and DEIMv2). */
const PUBLISHED_RATE: Readonly<Record<string, number>> = {
  'deimv2-atto': 2e-3,
  'deimv2-femto': 1.6e-3,
  'deimv2-pico': 1.6e-3,
};
const PUBLISHED_BATCH = 128;

/** A config with every value that does not depend on the data. */
export type ResolvedConfig = Required<
  Pick<
    DetrainConfig,
    | 'model'
    | 'data'
    | 'epochs'
    | 'batchSize'
    | 'multiScale'
    | 'ema'
    | 'emaRestart'
    | 'emaRestartAt'
    | 'emaRestartDecay'
    | 'seed'
    | 'engine'
    | 'workers'
    | 'loaderThreads'
    | 'evaluateEvery'
    | 'keepEvery'
    | 'logEvery'
    | 'onProblem'
    | 'onNonFinite'
    | 'out'
    | 'schedule'
    | 'freeze'
    | 'batchNorm'
  >
> &
  Pick<DetrainConfig, 'recipe' | 'callbacks' | 'threads'> & {
    readonly name: string;
    /** What to begin with; null for fresh weights. */
    readonly weights: WeightsConfig | null;
    readonly inputSize: readonly [width: number, height: number];
    readonly optimizer: {
      readonly learningRate: number;
      readonly backboneLearningRate: number;
      readonly weightDecay: number;
      readonly betas: readonly [number, number];
      readonly epsilon: number;
      readonly clip: number | false;
      readonly groups: NonNullable<NonNullable<DetrainConfig['optimizer']>['groups']> | null;
      readonly layerDecay: number;
    };
  };

/** An object without its undefined entries. */
const without = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Partial<T>;

/** A config with the command line's options on top. */
export const withOverrides = (config: DetrainConfig, flags: Overrides): DetrainConfig => ({
  ...config,
  ...(without({
    name: flags.name,
    model: flags.model,
    epochs: flags.epochs,
    batchSize: flags.batch,
    inputSize: flags.size,
    seed: flags.seed,
    engine: flags.engine,
    threads: flags.threads,
    workers: flags.workers,
    out: flags.out,
    onProblem: flags.onProblem,
    onNonFinite: flags.onNonFinite,
  }) as DetrainConfig),
  ...(flags.data === undefined ? {} : { data: { ...config.data, path: flags.data } }),
  ...startOf(config.weights, flags),
  ...(flags.lr === undefined ? {} : { optimizer: atRate(config.optimizer ?? {}, flags.lr) }),
});

/** The command line's weights come with what it says of them; a file of its own leaves behind what the config said of another. */
const startOf = (weights: DetrainConfig['weights'], flags: Overrides): { readonly weights?: WeightsConfig } => {
  const configured = typeof weights === 'string' ? { file: weights } : weights;
  const file = flags.weights ?? configured?.file;
  const { weightsClasses: classes, partial } = flags;
  if (file === undefined) {
    if (classes === undefined && partial === undefined) return {};
    throw userError('--weights-classes and --partial say how to read weights. Name them: --weights FILE');
  }
  const kept = file === configured?.file ? configured : {};
  return { weights: { ...kept, file, ...(classes && { classes }), ...(partial && { partial }) } };
};

type Optimizer = NonNullable<DetrainConfig['optimizer']>;

/** A new base rate carries the others along, in the ratios that the config had. */
const atRate = (optimizer: Optimizer, learningRate: number): Optimizer => {
  const { learningRate: before, backboneLearningRate, groups, ...rest } = optimizer;
  const scaled = (rate: number) => (before ? (rate * learningRate) / before : rate);
  return {
    ...rest,
    learningRate,
    ...(backboneLearningRate !== undefined && before ? { backboneLearningRate: scaled(backboneLearningRate) } : {}),
    ...(groups && {
      groups: groups.map((group) =>
        group.learningRate === undefined ? group : { ...group, learningRate: scaled(group.learningRate) },
      ),
    }),
  };
};

const modelName = (model: NonNullable<DetrainConfig['model']>) =>
  typeof model === 'string' ? model : 'name' in model && typeof model !== 'function' ? model.name : 'custom';

/** Fills in the defaults; the reasons stand beside them. */
export const resolveConfig = (config: DetrainConfig): ResolvedConfig => {
  const model = config.model ?? 'deimv2-atto';
  const name = modelName(model);
  const side = config.inputSize ?? PUBLISHED_SIZE[name] ?? 640;
  const batchSize = config.batchSize ?? 8;
  const optimizer = config.optimizer ?? {};
  // AdamW's rate goes with the square root of the batch: the published 128 would not fit here, and the linear rule is SGD's.
  const learningRate =
    optimizer.learningRate ?? (PUBLISHED_RATE[name] ?? 8e-4) * Math.sqrt(batchSize / PUBLISHED_BATCH);
  return {
    name: config.name ?? name,
    model,
    data: config.data ?? {},
    epochs: config.epochs ?? 60,
    batchSize,
    inputSize: typeof side === 'number' ? [side, side] : side,
    multiScale: config.multiScale ?? false,
    optimizer: {
      learningRate,
      // Half, as in every lite configuration of DEIM and DEIMv2.
      backboneLearningRate: optimizer.backboneLearningRate ?? learningRate / 2,
      weightDecay: optimizer.weightDecay ?? 1e-4,
      betas: optimizer.betas ?? [0.9, 0.999],
      epsilon: optimizer.epsilon ?? 1e-8,
      clip: optimizer.clip ?? 0.1,
      groups: optimizer.groups ?? null,
      layerDecay: optimizer.layerDecay ?? 1,
    },
    schedule: config.schedule ?? {},
    ema: config.ema ?? {},
    emaRestart: config.emaRestart ?? 'off',
    emaRestartAt: config.emaRestartAt ?? 0.92,
    emaRestartDecay: config.emaRestartDecay ?? 0.9999,
    seed: config.seed ?? 0,
    engine: config.engine ?? 'auto',
    workers: config.workers ?? 1,
    loaderThreads: config.loaderThreads ?? 1,
    evaluateEvery: config.evaluateEvery ?? 1,
    keepEvery: config.keepEvery ?? 0,
    logEvery: config.logEvery ?? 1,
    onProblem: config.onProblem ?? 'refuse',
    onNonFinite: config.onNonFinite ?? 'stop',
    out: config.out ?? 'runs',
    weights: typeof config.weights === 'string' ? { file: config.weights } : (config.weights ?? null),
    freeze: config.freeze ?? [],
    batchNorm: config.batchNorm ?? 'batch',
    ...without({
      recipe: config.recipe,
      callbacks: config.callbacks,
      threads: config.threads,
    }),
  } as ResolvedConfig;
};
