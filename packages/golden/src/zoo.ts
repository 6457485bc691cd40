import { type RtdetrZooOptions, type ZooDetector, type ZooName, type ZooOptions, zoo } from '@detrain/models';
import { type GoldenCase, Unsupported } from './case.ts';

/** Which file of an official repository is which model of the zoo; the first that fits. */
const rules: readonly (readonly [repo: RegExp, config: RegExp, family: string])[] = [
  [/^deimv2$/, /deimv2_hgnetv2_(atto|femto|pico|n|s|m|l|x)_/, 'deimv2'],
  [/^deimv2$/, /deimv2_dinov3_([smlx])_/, 'deimv2-dinov3'],
  // fine-tuned from D-FINE's Objects365 weights, hence its activations and frozen norms
  [/^deim$/, /deim_hgnetv2_(x)_obj2coco/, 'dfine'],
  [/^deim$/, /deim_hgnetv2_(n|s|m|l|x)_/, 'deim-dfine'],
  [/^(deim|dfine)$/, /\/dfine_hgnetv2_(n|s|m|l|x)_/, 'dfine'],
  [/^deim(v2)?$/, /\/deim_(r\d+vd(?:_m)?)_/, 'deim-rtdetrv2'],
  [/^(deim(v2)?|rtdetr)$/, /\/rtdetrv2_(r\d+vd(?:_m)?|hgnetv2_[lxh])_/, 'rtdetrv2'],
  [/^rtdetr(_v1)?$/, /\/rtdetr_(r\d+vd(?:_m)?|dla34)_/, 'rtdetr'],
];

/** Official sizes as the zoo writes them: `r50vd_m` is `r50-m`, `hgnetv2_l` is `hgnet-l`. */
const sizeOf = (size: string) => size.replace('vd', '').replace('hgnetv2', 'hgnet').replace('_', '-');

/** What the file of an official configuration says beyond the model: sampling points, discrete sampling, whose encoder. */
const variantOf = (repo: string, config: string): RtdetrZooOptions => {
  const points = /_sp([123])_/.exec(config)?.[1];
  return {
    ...(points && { points: Number(points) as 1 | 2 | 3 }),
    ...(config.includes('_dsp_') && { sampling: 'discrete-official' }),
    ...(repo === 'deimv2' && config.includes('rtdetrv2') && { skipEqualProjections: true }),
  };
};

/** The zoo's name of an official configuration. Throws `Unsupported` where the zoo has none. */
export const zooNameOf = (repo: string, config: string): ZooName => {
  for (const [repoRule, configRule, family] of rules) {
    const size = repoRule.test(repo) ? configRule.exec(config)?.[1] : undefined;
    const name = `${family}-${sizeOf(size ?? '')}`;
    if (size && name in zoo) return name as ZooName;
  }
  throw new Unsupported(`${repo} ${config} is not in the zoo`);
};

/** The fields by which a case says what its model is. */
export interface ModelMeta {
  readonly repo: string;
  readonly config: string;
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly num_classes?: number;
  readonly num_queries?: number;
  readonly eval_spatial_size?: readonly [height: number, width: number];
  readonly input_shape?: readonly [batch: number, channels: number, height: number, width: number];
}

interface Overrides {
  size?: readonly [number, number];
  classes?: number;
  queries?: number;
  /** Training only: the official `num_denoising`. */
  denoising?: number;
  labelNoise?: number;
  boxNoise?: number;
}

const readOverride = (found: Overrides, key: string, value: unknown): void => {
  if (key === 'eval_spatial_size') found.size = value as [number, number];
  else if (key === 'num_classes') found.classes = value as number;
  else if (key === 'num_queries') found.queries = value as number;
  else if (key === 'num_denoising') found.denoising = value as number;
  else if (key === 'label_noise_ratio') found.labelNoise = value as number;
  else if (key === 'box_noise_scale') found.boxNoise = value as number;
  else throw new Unsupported(`the override ${key}`);
};

/** What a case changes of its configuration: top-level fields and those of its decoder. Throws `Unsupported` on others. */
export const overridesOf = (overrides: Readonly<Record<string, unknown>> = {}): Overrides => {
  const found: Overrides = {};
  for (const [key, value] of Object.entries(overrides))
    if (/Transformer(v2)?$/.test(key) && typeof value === 'object' && value !== null)
      for (const [inner, setting] of Object.entries(value)) readOverride(found, inner, setting);
    else readOverride(found, key, value);
  return found;
};

/** The model of an official configuration. Throws `Unsupported` where the zoo has none. */
export const officialDetector = (repo: string, config: string, options: ZooOptions): ZooDetector => {
  const make: (options: RtdetrZooOptions) => ZooDetector = zoo[zooNameOf(repo, config)];
  return make({ ...options, ...variantOf(repo, config) });
};

/** The model of a case. Throws `Unsupported` where the zoo has none. */
export const detectorOf = (golden: GoldenCase): ZooDetector => {
  const meta = golden.meta as unknown as ModelMeta;
  const overrides = overridesOf(meta.overrides);
  const numClasses = meta.num_classes ?? overrides.classes;
  const numQueries = meta.num_queries ?? overrides.queries;
  const inputSize = meta.eval_spatial_size ?? overrides.size;
  return officialDetector(meta.repo, meta.config, {
    ...(numClasses !== undefined && { numClasses }),
    ...(numQueries !== undefined && { numQueries }),
    ...(inputSize !== undefined && { inputSize }),
    // maps that are not square: the reference has the published order of the table
    positionEmbedding: 'official',
  });
};
