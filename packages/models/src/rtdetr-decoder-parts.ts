import {
  type ActivationName,
  type DeformableOptions,
  type MapSize,
  mlp,
  parametersOf,
  projectedDeformableAttention,
  torchDefault,
  xavierUniform,
} from '@detrain/nn';
import { convNorm } from './conv-norm.ts';
import { boxHead, classEmbedding, derivedAnchors, scoreHead } from './decoder-heads.ts';
import { decoderLayer } from './decoder-layer.ts';
import { querySelection } from './query-selection.ts';

/** Options of RT-DETR's decoders. */
export interface RtdetrDecoderOptions {
  /** Channels of the pyramid's maps. */
  readonly channels: readonly number[];
  readonly numClasses: number;
  readonly numQueries: number;
  readonly dim: number;
  readonly feedForward: number;
  readonly layers: number;
  /** The layer whose predictions count outside training; later ones only train. Default the last. */
  readonly evalLayer?: number;
  /** Sampling points per level. */
  readonly points: readonly number[];
  /** How maps are sampled. Default bilinear. */
  readonly sampling?: NonNullable<DeformableOptions['sampling']>;
  /** Default relu (RT-DETR); DEIM has silu. */
  readonly activation?: ActivationName;
  /** Linear layers that embed a query's box: 2 (RT-DETR, the default) or 3 (DEIM). */
  readonly positionLayers?: 2 | 3;
  /** The first version stores fewer constants, numbers some parameters and starts otherwise. Default v2. */
  readonly version?: 'v1' | 'v2';
  /** Default 8. */
  readonly heads?: number;
  /** Map sizes at the configured image size: the shapes of the state dict's anchors. */
  readonly sizes: readonly MapSize[];
  /** Without the layers and heads that only training needs, batch norms folded into convolutions. Default false. */
  readonly deployed?: boolean;
  /** Default `decoder`. */
  readonly name?: string;
}

/** The decoder's modules and its parameters in the official order. */
export const rtdetrDecoderParts = (options: RtdetrDecoderOptions) => {
  const { channels, numClasses, numQueries, dim, feedForward, points, sizes } = options;
  const { activation = 'relu', positionLayers = 2, version = 'v2', sampling = 'bilinear', heads = 8 } = options;
  const { evalLayer = options.layers - 1, deployed = false, name = 'decoder' } = options;
  if (evalLayer < 0 || evalLayer >= options.layers)
    throw new Error(
      `@detrain/models: evalLayer ${evalLayer} of a decoder with ${options.layers} layers. One of 0 to ${options.layers - 1} is wanted. Leave it out for the last.`,
    );
  const first = version === 'v1';
  const each = Array.from({ length: deployed ? evalLayer + 1 : options.layers }, (_, i) => i);

  const init = first ? torchDefault : xavierUniform;
  const projections = channels.map((from, l) =>
    convNorm(`${name}.input_proj.${l}`, { in: from, out: dim, weightInit: init, fused: deployed }),
  );
  const steps = each.map((i) => {
    const at = `${name}.decoder.layers.${i}`;
    const attention = { dim, heads, points, sampling, storesScale: !first };
    return {
      layer: decoderLayer(
        at,
        { dim, heads, feedForward, activation, generation: 'dfine', gateway: false, feedForwardInit: init },
        projectedDeformableAttention(`${at}.cross_attn`, attention),
      ),
      score: scoreHead(`${name}.dec_score_head.${i}`, dim, numClasses),
      box: boxHead(`${name}.dec_bbox_head.${i}`, dim, 4, activation),
    };
  });
  const content = classEmbedding(name, dim, numClasses);
  const queryPosition = mlp(`${name}.query_pos_head`, {
    in: 4,
    hidden: positionLayers === 2 ? 2 * dim : dim,
    out: dim,
    layers: positionLayers,
    activation,
    weightInits: [xavierUniform, xavierUniform],
  });
  const selection = querySelection(name, {
    dim,
    numClasses,
    numQueries,
    activation,
    projection: first ? 'numbered' : 'named',
  });
  // Class scores of all but the last layer are for training.
  const scored = deployed ? steps.slice(-1) : steps;
  return {
    parameters: [
      ...(first ? [] : derivedAnchors(name, sizes)),
      ...parametersOf(...projections, ...steps.map(({ layer }) => layer), ...(deployed ? [] : [content])),
      ...parametersOf(queryPosition, selection, ...scored.map(({ score }) => score), ...steps.map(({ box }) => box)),
    ],
    projections,
    steps,
    classEmbedding: content,
    queryPosition,
    selection,
    numQueries,
    evalLayer,
  };
};
