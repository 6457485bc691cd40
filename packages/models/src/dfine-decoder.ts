import type { GroupOutput, Pass, Predictions, Pyramid, QueryGroup } from '@detrain/core/tensors';
import {
  inverseSigmoid,
  type MapSize,
  type Module,
  sampledLevels,
  splitHeads,
  stopGradient,
  withoutTape,
} from '@detrain/nn';
import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type DfineDecoderOptions, decoderParts } from './dfine-decoder-parts.ts';
import { edgeDistributions, expectedShifts, shiftEdges, weightingFunction } from './fdr.ts';
import { joinMasks, type QuerySpan, querySpans, takeSpan } from './known-queries.ts';

export type { DfineDecoderOptions } from './dfine-decoder-parts.ts';

/** What the decoder reads. */
export interface DecoderInput {
  readonly pyramid: Pyramid;
  readonly extra?: readonly QueryGroup[];
}

/** A decoder: pyramid and extra queries to predictions, the group `main` first. */
export interface Decoder extends Module<DecoderInput, readonly GroupOutput[]> {
  /** The tokens that become queries, int32 `[batch, queries]`: what tests align by. */
  select(pyramid: Pyramid, pass: Pass): Tensor2D;
}

/** @param reference the span's part, one tensor for all layers, so that losses may keep what they derive from it */
const cutPredictions = (whole: Predictions, span: QuerySpan, reference?: Tensor3D): Predictions => ({
  logits: takeSpan(whole.logits, span),
  boxes: takeSpan(whole.boxes, span),
  ...(whole.corners ? { corners: takeSpan(whole.corners, span) } : {}),
  ...(reference ? { reference } : {}),
});

/**
 * Decoder with fine-grained distribution refinement, as D-FINE, DEIM and DEIMv2 have it: the first layer gives plain
 * boxes, and every layer adds to the distributions by which these boxes' edges move. D-FINE section 3.
 */
export const dfineDecoder = (options: DfineDecoderOptions): Decoder => {
  const parts = decoderParts(options);
  const { generation, numQueries, dim } = options;
  const { regMax, regScale } = parts.fdr;
  const weights = weightingFunction(parts.fdr);
  const positionsOf = (reference: Tensor3D, pass: Pass) => parts.queryPosition.forward(reference, pass) as Tensor3D;

  const readMemory = (pyramid: Pyramid, pass: Pass) => {
    const maps = parts.projections.map((projection, l) => projection.forward(pyramid.levels[l] as Tensor4D, pass));
    const sizes = maps.map((map): MapSize => ({ height: map.shape[1], width: map.shape[2] }));
    const tokens = maps.map((map) => tf.reshape(map, [map.shape[0], map.shape[1] * map.shape[2], dim]) as Tensor3D);
    const memory = tokens.length === 1 ? (tokens[0] as Tensor3D) : tf.concat(tokens, 1);
    return { memory, sizes, tokens };
  };

  const contentOf = (group: QueryGroup, pass: Pass): Tensor3D => {
    if (group.content) return group.content;
    if (group.labels) return parts.classEmbedding.forward(group.labels, pass);
    throw new Error(
      `@detrain/models: query group ${group.name} has neither labels nor content. One of them is wanted. Give labels [batch, count] int32.`,
    );
  };

  const forward = ({ pyramid, extra = [] }: DecoderInput, pass: Pass): readonly GroupOutput[] => {
    if (options.deployed && (pass.training || extra.length > 0))
      throw new Error(
        '@detrain/models: a deployed decoder was asked for training outputs. It has no training heads. Use the detector it was made from.',
      );
    const { memory, sizes, tokens } = readMemory(pyramid, pass);
    const sampled = sampledLevels(
      tokens.map((t, l) => ({ ...(sizes[l] as MapSize), tokens: splitHeads(t, parts.heads) })),
    );
    const selected = parts.selection.forward({ memory, sizes }, pass);
    const contents = [...extra.map((group) => contentOf(group, pass)), stopGradient(selected.content)];
    const boxLogits = [...extra.map((group) => group.boxes), selected.boxLogits];
    const mask = joinMasks(extra, numQueries);

    let content = contents.length === 1 ? (contents[0] as Tensor3D) : tf.concat(contents, 1);
    let reference = withoutTape(() =>
      tf.sigmoid(boxLogits.length === 1 ? (boxLogits[0] as Tensor3D) : tf.concat(boxLogits, 1)),
    );
    const once = generation === 'deimv2' ? positionsOf(reference, pass) : null;

    let anchor: Tensor3D | undefined;
    let corners: Tensor3D | undefined;
    let pre: Predictions | undefined;
    const outputs: Predictions[] = [];
    for (const [i, layer] of parts.layers.entries()) {
      const last = i === parts.layers.length - 1;
      const before = content;
      const positions = once ?? (tf.clipByValue(positionsOf(reference, pass), -10, 10) as Tensor3D);
      content = layer.forward({ content, positions, reference, memory: sampled, ...(mask ? { mask } : {}) }, pass);
      const score = () => (parts.scoreHeads[i] as Module<Tensor, Tensor>).forward(content, pass) as Tensor3D;

      if (!anchor) {
        const start = withoutTape(() => inverseSigmoid(reference));
        const boxes = tf.sigmoid(tf.add(parts.preBoxHead.forward(content, pass), start)) as Tensor3D;
        if (pass.training) pre = { logits: score(), boxes };
        anchor = stopGradient(boxes);
      }
      const seen = i === 0 ? content : (tf.add(content, stopGradient(before)) as Tensor3D);
      const step = (parts.boxHeads[i] as Module<Tensor, Tensor>).forward(seen, pass) as Tensor3D;
      corners = corners ? (tf.add(corners, step) as Tensor3D) : step;

      const distributions = edgeDistributions(corners, regMax + 1);
      const shifts = expectedShifts(distributions, weights);
      const boxes = shiftEdges(anchor, shifts, regScale);
      if (pass.training || last) {
        const quality = (parts.qualities[i] as (typeof parts.qualities)[number]).forward(distributions, pass);
        const plain = i === 0 && pre ? pre.logits : score();
        outputs.push({ logits: tf.add(plain, quality) as Tensor3D, boxes, corners });
      }
      if (!last) reference = stopGradient(boxes);
    }

    const spans = querySpans(extra, numQueries);
    const constants = { regMax, regScale };
    const group = (span: QuerySpan): GroupOutput => {
      const own = withoutTape(() => takeSpan(anchor as Tensor3D, span));
      return {
        name: span.name,
        layers: outputs.map((output) => cutPredictions(output, span, own)),
        ...(pre ? { pre: cutPredictions(pre, span) } : {}),
        ...constants,
      };
    };
    const main = group(spans[spans.length - 1] as QuerySpan);
    const encoder = selected.logits
      ? { encoder: { logits: selected.logits, boxes: tf.sigmoid(selected.boxLogits) as Tensor3D } }
      : {};
    return [{ ...main, ...encoder }, ...spans.slice(0, -1).map(group)];
  };

  return {
    parameters: parts.parameters,
    forward,
    select: (pyramid, pass) => {
      const { memory, sizes } = readMemory(pyramid, pass);
      return parts.selection.forward({ memory, sizes }, pass).indices;
    },
  };
};
