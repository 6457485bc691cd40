import { batchedNms, byDescendingScore, countBoxes, fail, type PixelSize } from '@detrain/core';
import { type DeltaCoder, deltaCoder } from './delta-coder.ts';

/** What a region proposal network says of one image. */
export interface RegionInput {
  /** x1 y1 x2 y2 in pixels `[count * 4]` */
  readonly anchors: Float32Array;
  /** Anchors a pyramid level, in order. */
  readonly levels: readonly number[];
  /** Objectness logits `[count]`. */
  readonly logits: Float32Array;
  /** Offsets of the anchors `[count * 4]`. */
  readonly deltas: Float32Array;
  readonly imageSize: PixelSize;
}

/** Options of `regionProposals`; the defaults are those of Co-DETR's training. */
export interface RegionOptions {
  /** Anchors of each level that are looked at, by score. Default: 4000. */
  readonly preCount?: number;
  /** Proposals above this IoU with a better one of their level are dropped. Default: 0.7. */
  readonly iou?: number;
  /** Proposals that are kept. Default: 1000. */
  readonly count?: number;
  /** Proposals must be wider and higher than this, in pixels. Default: 0. */
  readonly smallestSize?: number;
  /** Default: offsets as they are. */
  readonly coder?: DeltaCoder;
}

/** Proposals, best first. */
export interface Regions {
  /** x1 y1 x2 y2 in pixels, inside the image `[kept * 4]`. */
  readonly boxes: Float32Array;
  /** Objectness in [0, 1] `[kept]`. */
  readonly scores: Float32Array;
  /** The anchors they come from `[kept]`. */
  readonly anchors: Int32Array;
}

/**
 * Proposals of a region proposal network (Ren et al. 2015, section 3.3): the best anchors of each level, decoded, without those that a
 * better one of the same level covers. Throws where arrays do not fit.
 */
export const regionProposals = (
  { anchors, levels, logits, deltas, imageSize }: RegionInput,
  { preCount = 4000, iou = 0.7, count = 1000, smallestSize = 0, coder = deltaCoder() }: RegionOptions = {},
): Regions => {
  const total = levels.reduce((sum, n) => sum + n, 0);
  if (total !== countBoxes(anchors) || logits.length !== total || deltas.length !== anchors.length)
    fail(
      'anchors',
      `${countBoxes(anchors)} anchors, ${total} in all levels, ${logits.length} logits, ${deltas.length} offsets`,
      'Every anchor is in one level, with a logit and four offsets',
      'Pass the predictions of all anchors',
    );
  const scores = logits.map((logit) => 1 / (1 + Math.exp(-logit)));
  const boxes = coder.decode(anchors, deltas, imageSize);
  const looked: number[] = [];
  const levelOf: number[] = [];
  let start = 0;
  levels.forEach((n, level) => {
    const best = byDescendingScore(scores.subarray(start, start + n)).subarray(0, preCount);
    for (const k of best) {
      const i = start + k;
      const width = Math.fround(boxes[4 * i + 2]! - boxes[4 * i]!);
      const height = Math.fround(boxes[4 * i + 3]! - boxes[4 * i + 1]!);
      if (!(width > smallestSize && height > smallestSize)) continue;
      looked.push(i);
      levelOf.push(level);
    }
    start += n;
  });
  const pick = (indices: ArrayLike<number>, values: Float32Array, width: number) =>
    Float32Array.from(
      { length: width * indices.length },
      (_, k) => values[width * indices[Math.floor(k / width)]! + (k % width)]!,
    );
  const kept = batchedNms(pick(looked, boxes, 4), pick(looked, scores, 1), levelOf, iou).subarray(0, count);
  const indices = kept.map((k) => looked[k]!);
  return { boxes: pick(indices, boxes, 4), scores: pick(indices, scores, 1), anchors: indices };
};
