import type { ParameterSpec } from '@detrain/core/tensors';
import {
  type ActivationName,
  deformableAttention,
  identity,
  type MapSize,
  type Module,
  mlp,
  parameter,
  parametersOf,
  values,
  xavierUniform,
} from '@detrain/nn';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { convNorm } from './conv-norm.ts';
import { boxHead, classEmbedding, derivedAnchors, scoreHead } from './decoder-heads.ts';
import { decoderLayer } from './decoder-layer.ts';
import { locationQuality } from './lqe.ts';
import { querySelection } from './query-selection.ts';

/** Options of the D-FINE family's decoders. */
export interface DfineDecoderOptions {
  /** Channels of the pyramid's maps. */
  readonly channels: readonly number[];
  readonly numClasses: number;
  readonly numQueries: number;
  readonly dim: number;
  readonly feedForward: number;
  readonly layers: number;
  /** Sampling points per level. */
  readonly points: readonly number[];
  /** `dfine` (also DEIM): layer norm, query positions anew in each layer; `deimv2`: RMS norm, SwiGLU, positions once. */
  readonly generation: 'dfine' | 'deimv2';
  /** Default silu (DEIM); D-FINE has relu. */
  readonly activation?: ActivationName;
  /** Default true. Without it: residual and norm after cross-attention. */
  readonly gateway?: boolean;
  /** One box head for all layers. Default false. */
  readonly shareBoxHead?: boolean;
  /** Default 8. */
  readonly heads?: number;
  /** Default 32. */
  readonly regMax?: number;
  /** Default 4. */
  readonly regScale?: number;
  /** Default 0.5. */
  readonly up?: number;
  /** Map sizes at the configured image size: the shapes of the state dict's anchors. */
  readonly sizes: readonly MapSize[];
  /** Without the heads that only training needs, batch norms folded into convolutions. Default false. */
  readonly deployed?: boolean;
  /** Default `decoder`. */
  readonly name?: string;
}

/** The specs of a tensor that is another one under a second name. */
const shared = (specs: readonly ParameterSpec[], from: string, to: string): readonly ParameterSpec[] =>
  specs.map((spec) => ({ ...spec, name: spec.name.replace(from, to), sharedWith: spec.name }));

/** The decoder's modules and its parameters in the official order. */
export const decoderParts = (options: DfineDecoderOptions) => {
  const { channels, numClasses, numQueries, dim, feedForward, layers: count, points, generation, sizes } = options;
  const { activation = 'silu', gateway = true, shareBoxHead = false, heads = 8, name = 'decoder' } = options;
  const { deployed = false } = options;
  const { regMax = 32, regScale = 4, up = 0.5 } = options;
  const each = Array.from({ length: count }, (_, i) => i);

  const projections = channels.map((from, l): Module<Tensor4D, Tensor4D> => {
    if (from === dim) return identity();
    return convNorm(`${name}.input_proj.${l}`, { in: from, out: dim, weightInit: xavierUniform, fused: deployed });
  });
  const layers = each.map((i) => {
    const at = `${name}.decoder.layers.${i}`;
    const attention = deformableAttention(`${at}.cross_attn`, { dim, heads, points });
    return decoderLayer(at, { dim, heads, feedForward, activation, generation, gateway }, attention);
  });
  const qualities = each.map((i) => locationQuality(`${name}.decoder.lqe_layers.${i}`, { activation }));
  const content = classEmbedding(name, dim, numClasses);
  const selection = querySelection(name, {
    dim,
    numClasses,
    numQueries,
    activation,
    projection: generation === 'dfine' ? 'named' : 'none',
  });
  const queryPosition: Module<Tensor, Tensor> = mlp(`${name}.query_pos_head`, {
    in: 4,
    hidden: generation === 'dfine' ? 2 * dim : dim,
    out: dim,
    layers: generation === 'dfine' ? 2 : 3,
    activation,
    weightInits: [xavierUniform, xavierUniform, xavierUniform],
  });
  const preBoxHead = boxHead(`${name}.pre_bbox_head`, dim, 4, activation);
  const scoreHeads = each.map((i) => scoreHead(`${name}.dec_score_head.${i}`, dim, numClasses));
  const bins = 4 * (regMax + 1);
  const layerBoxHead = (i: number) => boxHead(`${name}.dec_bbox_head.${i}`, dim, bins, activation);
  const firstBoxHead = layerBoxHead(0);
  const boxHeads = each.map((i) => (i === 0 || shareBoxHead ? firstBoxHead : layerBoxHead(i)));
  const boxHeadParameters = each.flatMap((i) =>
    i > 0 && shareBoxHead
      ? shared(firstBoxHead.parameters, '.dec_bbox_head.0.', `.dec_bbox_head.${i}.`)
      : (boxHeads[i] as Module<Tensor, Tensor>).parameters,
  );

  /** Class scores of all but the last layer are for training. */
  const used = <T>(perLayer: readonly T[]) => (deployed ? perLayer.slice(-1) : perLayer);
  const constants = [
    parameter(`${name}.up`, [1], values([up]), 'frozen'),
    parameter(`${name}.reg_scale`, [1], values([regScale]), 'frozen'),
  ];
  const heads3 = parametersOf(selection.projection, selection.scoreHead, selection.boxHead);
  const middle =
    generation === 'dfine'
      ? [...queryPosition.parameters, ...heads3, ...parametersOf(...used(scoreHeads)), ...preBoxHead.parameters]
      : [...heads3, ...queryPosition.parameters, ...preBoxHead.parameters, ...parametersOf(...used(scoreHeads))];
  const parameters: readonly ParameterSpec[] = [
    ...constants,
    ...derivedAnchors(name, sizes),
    ...parametersOf(...projections),
    ...shared(constants, `${name}.`, `${name}.decoder.`),
    ...parametersOf(...layers, ...used(qualities), ...(deployed ? [] : [content])),
    ...middle,
    ...boxHeadParameters,
  ];
  return {
    parameters,
    projections,
    layers,
    qualities,
    classEmbedding: content,
    selection,
    numQueries,
    queryPosition,
    preBoxHead,
    scoreHeads,
    boxHeads,
    fdr: { regMax, regScale, up },
    heads,
  };
};
