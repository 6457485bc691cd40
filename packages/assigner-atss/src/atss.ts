import { type Assigner, centerness, fail, type PixelSize, toPixelCorners } from '@detrain/core';
import { assignAtss } from './assign-atss.ts';

const { fround } = Math;

/** Options of `atss`. */
export interface AtssOptions {
  /** Nearest candidates a level and target. Default: 9 (Zhang et al. 2020, section 4.4). */
  readonly topk?: number;
  /** What the unit square stands for: distances and the centres' margin are in pixels. Default: `[640, 640]`. */
  readonly imageSize?: PixelSize;
  /** Whether positives get their centerness as quality and box weight, as in ATSS's head. Default: true; false for GFL. */
  readonly centerness?: boolean;
}

/**
 * Adaptive training sample selection (Zhang et al. 2020): a target is answered for by those of its nearest anchors whose IoU with it is
 * high for them.
 *
 * Candidates are anchors; without `levels` they are one level. Those that are not `valid` are ignored. Throws where levels do not add up.
 */
export const atss = ({ topk = 9, imageSize = [640, 640], centerness: weigh = true }: AtssOptions = {}): Assigner => {
  if (!(Number.isInteger(topk) && topk >= 1))
    fail('assigner-atss', `topk: ${topk}`, 'A whole number of at least 1 is wanted', 'Pass topk: 9');
  return {
    name: 'atss',
    options: { topk, imageSize: [...imageSize], centerness: weigh },
    cardinality: 'one-to-many',
    assign: ({ boxes, levels, valid }, targets) => {
      const anchors = toPixelCorners(boxes, imageSize);
      const corners = toPixelCorners(targets.boxes, imageSize);
      const input = { anchors, levels: levels ?? [boxes.length / 4], targets: corners, ...(valid && { valid }) };
      const { targetOf } = assignAtss(input, { topk });
      if (!weigh) return { targetOf };
      const quality = new Float32Array(targetOf.length);
      for (let i = 0; i < quality.length; i++) {
        const target = targetOf[i]!;
        if (target >= 0) quality[i] = centernessIn(anchors, i, corners, target);
      }
      return { targetOf, quality, boxWeight: quality };
    },
  };
};

/** Centerness of anchor `i`'s centre in target `j`. */
const centernessIn = (anchors: Float32Array, i: number, targets: Float32Array, j: number): number => {
  const x = fround(anchors[4 * i]! + anchors[4 * i + 2]!) / 2;
  const y = fround(anchors[4 * i + 1]! + anchors[4 * i + 3]!) / 2;
  return centerness(
    fround(x - targets[4 * j]!),
    fround(y - targets[4 * j + 1]!),
    fround(targets[4 * j + 2]! - x),
    fround(targets[4 * j + 3]! - y),
  );
};
