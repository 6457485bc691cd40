import { BACKGROUND, countBoxes, fail, float32Iou, IGNORE, iofMatrix } from '@detrain/core';
import { createNearest, findNearest } from './_nearest.ts';
import { rowsOf } from './_rows.ts';

const { fround, min, sqrt } = Math;

/** What `assignAtss` assigns; boxes are x1 y1 x2 y2 in pixels. */
export interface AtssInput {
  /** `[count * 4]` */
  readonly anchors: Float32Array;
  /** Anchors a pyramid level, in order. */
  readonly levels: readonly number[];
  /** `[targets * 4]` */
  readonly targets: Float32Array;
  /** 0 for anchors that are left out altogether `[count]`. */
  readonly valid?: Uint8Array;
  /** Regions whose anchors are ignored (crowds) `[regions * 4]`. */
  readonly ignored?: Float32Array;
}

/** Options of the rule. */
export interface AtssRule {
  /** Nearest anchors a level and target. Default: 9 (Zhang et al. 2020, section 4.4). */
  readonly topk?: number;
  /** Anchors with more than this share of their area in an ignored region are ignored. Default: none are. */
  readonly ignoreIof?: number;
}

/** Who answers for whom. */
export interface AtssResult {
  /** A target's index, BACKGROUND or IGNORE `[count]`. */
  readonly targetOf: Int32Array;
  /** IoU of each positive with its target, 0 elsewhere `[count]`. */
  readonly iou: Float32Array;
}

/**
 * Adaptive training sample selection (Zhang et al. 2020, algorithm 1) on boxes in pixels.
 *
 * A target's candidates are the `topk` anchors of each level with the nearest centres; those whose IoU reaches the mean plus the
 * (unbiased) standard deviation of the candidates' IoUs, and whose centres lie more than 0.01 pixels inside the target, answer for it. An
 * anchor of several targets goes to the one of larger IoU, of equal ones to the first. Centres, distances and IoUs are float32; of equally
 * distant anchors the first is taken. Ignored anchors are candidates only where a level has too few others, as in mmdetection.
 *
 * Throws where the levels do not add up to the anchors.
 */
export const assignAtss = (
  { anchors, levels, targets, valid, ignored }: AtssInput,
  { topk = 9, ignoreIof }: AtssRule = {},
): AtssResult => {
  const count = countBoxes(anchors);
  const total = levels.reduce((sum, n) => sum + n, 0);
  if (total !== count)
    fail(
      'assigner-atss',
      `levels of ${total} anchors in all for ${count} anchors`,
      'Every anchor is in one level',
      'Pass the anchors of each level, finest first',
    );
  const targetOf = new Int32Array(count).fill(BACKGROUND);
  const iou = new Float32Array(count);
  const far = ignoredAnchors(anchors, ignored, ignoreIof);
  for (let i = 0; i < count; i++) if (valid?.[i] === 0 || far?.[i]) targetOf[i] = IGNORE;

  const rows = rowsOf(anchors, levels, valid);
  const nearest = createNearest(topk);
  const candidates = new Int32Array(topk * levels.length);
  const overlaps = new Float64Array(candidates.length);

  for (let target = 0; target < countBoxes(targets); target++) {
    const x1 = targets[4 * target]!;
    const y1 = targets[4 * target + 1]!;
    const x2 = targets[4 * target + 2]!;
    const y2 = targets[4 * target + 3]!;
    const x = fround(x1 + x2) / 2;
    const y = fround(y1 + y2) / 2;
    let found = 0;
    for (const level of rows) {
      findNearest(nearest, level, x, y, far);
      for (let k = 0; k < nearest.count; k++, found++) {
        const anchor = nearest.anchor[k]!;
        candidates[found] = anchor;
        overlaps[found] = float32Iou(anchors, anchor, targets, target);
      }
    }
    const threshold = meanPlusDeviation(overlaps, found);
    for (let k = 0; k < found; k++) {
      const overlap = overlaps[k]!;
      if (!(overlap >= threshold)) continue;
      const anchor = candidates[k]!;
      const cx = fround(anchors[4 * anchor]! + anchors[4 * anchor + 2]!) / 2;
      const cy = fround(anchors[4 * anchor + 1]! + anchors[4 * anchor + 3]!) / 2;
      if (!(fround(min(cx - x1, cy - y1, x2 - cx, y2 - cy)) > MARGIN)) continue;
      if (targetOf[anchor]! >= 0 && overlap <= iou[anchor]!) continue;
      targetOf[anchor] = target;
      iou[anchor] = overlap;
    }
  }
  return { targetOf, iou };
};

/** How far inside its target a positive's centre lies at least, in pixels. */
const MARGIN = fround(0.01);

/** 1 for anchors that lie in an ignored region by more than the share that is allowed. */
const ignoredAnchors = (anchors: Float32Array, regions: Float32Array | undefined, most: number | undefined) => {
  if (most === undefined || !regions || regions.length === 0) return undefined;
  const shares = iofMatrix(anchors, regions);
  const columns = regions.length / 4;
  return Uint8Array.from({ length: countBoxes(anchors) }, (_, i) =>
    shares.subarray(i * columns, (i + 1) * columns).some((share) => share > most) ? 1 : 0,
  );
};

/** Mean plus unbiased standard deviation of the first `count` values, as float32; the mean alone of a single one. */
const meanPlusDeviation = (values: Float64Array, count: number): number => {
  let sum = 0;
  for (let k = 0; k < count; k++) sum += values[k]!;
  const mean = sum / count;
  let squares = 0;
  for (let k = 0; k < count; k++) squares += (values[k]! - mean) ** 2;
  return fround(fround(mean) + fround(count > 1 ? sqrt(squares / (count - 1)) : 0));
};
