import { type Encoder, hybridEncoder, liteEncoder } from '@detrain/models';
import { makePass, positionEmbedding2d } from '@detrain/nn';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { type GoldenCase, Unsupported } from '../case.ts';
import type { Checks } from '../checks.ts';
import { compareTensor } from '../compare-tensor.ts';
import { runOnce } from '../engine.ts';
import { goldenFeature, goldenWeights, toNchw } from '../generate.ts';

interface EncoderMeta {
  readonly repo: string;
  readonly cls: string;
  readonly key_prefix: string;
  readonly weight_salt: string;
  readonly encoder_config: {
    readonly in_channels: readonly number[];
    readonly feat_strides: readonly number[];
    readonly hidden_dim: number;
    readonly use_encoder_idx?: readonly number[];
    readonly num_encoder_layers?: number;
    readonly nhead?: number;
    readonly dim_feedforward?: number;
    readonly expansion: number;
    readonly depth_mult: number;
    readonly version?: string;
    readonly csp_type?: string;
    readonly fuse_op?: 'sum' | 'concat' | 'cat';
    readonly act?: string;
    readonly enc_act?: string;
  };
  readonly eval_spatial_size: readonly [height: number, width: number];
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly n_state_keys: number;
}

const FORWARD = 1e-4;
/** Batch statistics amplify rounding (reference README, section 6). */
const TRAIN = 1e-3;

const encoderOf = (meta: EncoderMeta): Encoder => {
  const { cls, repo, encoder_config: config } = meta;
  const name = meta.key_prefix.replace(/\.$/, '');
  const { hidden_dim: hidden, expansion, depth_mult: depth } = config;
  // each repository has a default of its own
  const version = config.version ?? { rtdetr: 'v2', rtdetr_v1: 'v1' }[repo] ?? 'dfine';
  const { act = 'silu', enc_act: encoderAct = 'gelu' } = config;
  if (act !== 'silu' || encoderAct !== 'gelu') throw new Unsupported(`an encoder with ${act} and ${encoderAct}`);
  if (cls === 'LiteEncoder')
    return liteEncoder({
      channels: config.in_channels[0] ?? 0,
      stride: config.feat_strides[0] ?? 0,
      hidden,
      expansion,
      depth,
      name,
    });
  if (cls !== 'HybridEncoder' || !['dfine', 'deim', 'rt_detrv2', 'v1', 'v2'].includes(version))
    throw new Unsupported(`the encoder ${cls} of ${repo}, version ${version}`);
  return hybridEncoder({
    channels: config.in_channels,
    strides: config.feat_strides,
    hidden,
    feedForward: config.dim_feedforward ?? 1024,
    expansion,
    depth,
    heads: config.nhead ?? 8,
    ...(config.use_encoder_idx && { attendTo: config.use_encoder_idx }),
    attentionLayers: config.num_encoder_layers ?? 1,
    generation: ['dfine', 'deim'].includes(version) ? 'dfine' : 'rtdetr',
    numberedProjections: version === 'v1',
    fuse: config.fuse_op === 'sum' ? 'sum' : 'concat',
    splitCsp: config.csp_type === 'csp2',
    convAfterCsp: version !== 'deim',
    skipEqualProjections: repo === 'deimv2',
    positionEmbedding: 'official',
    name,
  });
};

/** Outputs of an encoder alone, in eval mode and with batch statistics. */
export const replay = async (golden: GoldenCase, checks: Checks): Promise<void> => {
  const meta = golden.meta as unknown as EncoderMeta;
  const encoder = encoderOf(meta);
  const specs = encoder.parameters;
  checks.count('n_state_keys', specs.length, meta.n_state_keys);
  const features = Object.fromEntries(meta.inputs.map(({ name, shape }) => [name, goldenFeature(name, shape)]));
  const run = (training: boolean) => (tensors: Record<string, Tensor>) => {
    const maps = meta.inputs.map(({ name }) => tensors[name] as Tensor4D);
    const outputs = encoder.forward(maps, makePass({ tensors, specs, training }));
    return Object.fromEntries(outputs.map((map, i) => [`${training ? 'train_' : ''}out${i}`, map]));
  };
  const inputs = { ...Object.fromEntries(goldenWeights(specs, meta.weight_salt)), ...features };
  for (const training of [false, true]) {
    const outputs = await runOnce({ name: 'encoder', run: run(training) }, inputs);
    for (const [name, tensor] of Object.entries(outputs))
      checks.holds(
        `${name} is stored`,
        compareTensor(golden, checks, name, toNchw(tensor).data, training ? TRAIN : FORWARD),
      );
  }
  for (const index of meta.encoder_config.use_encoder_idx ?? []) {
    const stride = meta.encoder_config.feat_strides[index] ?? 1;
    const [height, width] = meta.eval_spatial_size.map((side) => Math.floor(side / stride)) as [number, number];
    const table = positionEmbedding2d({ height, width, dim: meta.encoder_config.hidden_dim, order: 'official' });
    compareTensor(golden, checks, `pos_embed${index}`, table, FORWARD);
  }
};
