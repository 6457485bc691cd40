import type { GroupOutput, OutputLayout, Pass, Predictions, Pyramid, QueryGroup } from '@detrain/core/tensors';
import { type LevelTokens, type Module, stopGradient, withoutTape } from '@detrain/nn';
import type { Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { joinMasks, type QuerySpan, querySpans } from './known-queries.ts';
import type { QuerySelection, SelectedQueries, TokenInput } from './query-selection.ts';

/** What the decoder reads. */
export interface DecoderInput {
  readonly pyramid: Pyramid;
  readonly extra?: readonly QueryGroup[];
}

/** A decoder: pyramid and extra queries to predictions, the group `main` first. */
export interface Decoder extends Module<DecoderInput, readonly GroupOutput[]> {
  /** What it gives in training. */
  readonly outputs: OutputLayout;
  /** The tokens that become queries, int32 `[batch, queries]`: what tests align by. */
  select(pyramid: Pyramid, pass: Pass): Tensor2D;
}

/** A pyramid as tokens of the decoder's width. */
export interface DecoderMemory extends TokenInput {
  /** Tokens of each level `[batch, height * width, dim]`. */
  readonly levels: readonly LevelTokens[];
}

/** Projects a pyramid's maps and lays them out as tokens, level after level. */
export const readMemory = (
  projections: readonly Module<Tensor4D, Tensor4D>[],
  pyramid: Pyramid,
  pass: Pass,
): DecoderMemory => {
  const levels = projections.map((projection, l): LevelTokens => {
    const map = projection.forward(pyramid.levels[l] as Tensor4D, pass);
    const [batch, height, width, dim] = map.shape;
    return { height, width, tokens: tf.reshape(map, [batch, height * width, dim]) };
  });
  const tokens = levels.map((level) => level.tokens);
  return { levels, sizes: levels, memory: joinQueries(tokens) };
};

/** Tensors `[batch, count, width]` one after another along the second axis. */
const joinQueries = (parts: readonly Tensor3D[]): Tensor3D =>
  parts.length === 1 ? (parts[0] as Tensor3D) : tf.concat([...parts], 1);

/** What makes queries of tokens and of known queries. */
export interface QuerySources {
  readonly selection: QuerySelection;
  readonly classEmbedding: Module<Tensor2D, Tensor3D>;
  readonly numQueries: number;
}

/** What the first decoder layer starts from: known queries first, then the model's own. */
export interface StartingQueries {
  /** `[batch, queries, dim]` */
  readonly content: Tensor3D;
  /** cx cy w h in [0, 1], without gradient `[batch, queries, 4]`. */
  readonly reference: Tensor3D;
  /** Added to self-attention logits `[queries, queries]`, or only the rows of a single group's queries; absent where all see all. */
  readonly mask?: Tensor2D;
  readonly selected: SelectedQueries;
}

const contentOf = (group: QueryGroup, { classEmbedding }: QuerySources, pass: Pass): Tensor3D => {
  if (group.content) return group.content;
  if (group.labels) return classEmbedding.forward(group.labels, pass);
  throw new Error(
    `@detrain/models: query group ${group.name} has neither labels nor content. One of them is wanted. Give labels [batch, count] int32.`,
  );
};

/** Joins the extra groups' queries and the selected tokens'. Throws on a group without labels and content. */
export const startingQueries = (
  sources: QuerySources,
  memory: DecoderMemory,
  extra: readonly QueryGroup[],
  pass: Pass,
): StartingQueries => {
  const selected = sources.selection.forward(memory, pass);
  const contents = extra.map((group) => contentOf(group, sources, pass));
  const mask = joinMasks(extra, sources.numQueries);
  return {
    content: joinQueries([...contents, stopGradient(selected.content)]),
    reference: withoutTape(() => tf.sigmoid(joinQueries([...extra.map((group) => group.boxes), selected.boxLogits]))),
    ...(mask ? { mask } : {}),
    selected,
  };
};

/** All groups' outputs, `main` first; only it has the encoder's proposals. */
export const groupOutputs = (
  extra: readonly QueryGroup[],
  numQueries: number,
  selected: SelectedQueries,
  cut: (span: QuerySpan) => Omit<GroupOutput, 'name' | 'encoder'>,
): readonly GroupOutput[] => {
  const spans = querySpans(extra, numQueries);
  const group = (span: QuerySpan): GroupOutput => ({ name: span.name, ...cut(span) });
  const encoder = (logits: Tensor3D): { readonly encoder: Predictions } => ({
    encoder: { logits, boxes: tf.sigmoid(selected.boxLogits) as Tensor3D },
  });
  const main = group(spans[spans.length - 1] as QuerySpan);
  return [{ ...main, ...(selected.logits ? encoder(selected.logits) : {}) }, ...spans.slice(0, -1).map(group)];
};

/** Throws where a deployed decoder is asked for what only training needs. */
export const refuseTraining = (pass: Pass, extra: readonly QueryGroup[]): void => {
  if (pass.training || extra.length > 0)
    throw new Error(
      '@detrain/models: a deployed decoder was asked for training outputs. It has no training heads. Use the detector it was made from.',
    );
};
