import { cxcywhToXyxy, giou, iou } from '@detrain/core';
import { logitsOf, sigmoid } from './_logits.ts';
import type { CostTerm } from './cost.ts';

/** Sum of absolute differences of cx cy w h, in image sizes (DETR). */
export const l1Cost = ({ weight = 5 }: { readonly weight?: number } = {}): CostTerm => ({
  name: 'l1',
  weight,
  options: { weight },
  fill: (out, { boxes: a }, { boxes: b }) => {
    for (let p = 0, k = 0; p < a.length; p += 4) {
      const cx = a[p]!;
      const cy = a[p + 1]!;
      const w = a[p + 2]!;
      const h = a[p + 3]!;
      for (let q = 0; q < b.length; q += 4, k++) {
        const distance =
          Math.abs(cx - b[q]!) + Math.abs(cy - b[q + 1]!) + Math.abs(w - b[q + 2]!) + Math.abs(h - b[q + 3]!);
        out[k] = out[k]! + weight * distance;
      }
    }
  },
});

/** Minus the generalised IoU (DETR). */
export const giouCost = ({ weight = 2 }: { readonly weight?: number } = {}): CostTerm => ({
  name: 'giou',
  weight,
  options: { weight },
  fill: (out, candidates, targets) => {
    const a = cxcywhToXyxy(candidates.boxes);
    const b = cxcywhToXyxy(targets.boxes);
    const rows = a.length / 4;
    const columns = b.length / 4;
    for (let i = 0, k = 0; i < rows; i++)
      for (let j = 0; j < columns; j++, k++) out[k] = out[k]! - weight * giou(a, i, b, j);
  },
});

/** Options of `iouPowerCost`: its weight and the exponent of the IoU (`iou_order_alpha`). */
export interface IouPowerCostOptions {
  readonly weight?: number;
  readonly alpha?: number;
}

/**
 * Minus the probability of the target's class times IoU^alpha: DEIMv2's cost late in training, used alone (`matcher_change_epoch`).
 * Throws without logits or on a class out of range.
 */
export const iouPowerCost = ({ weight = 1, alpha = 4 }: IouPowerCostOptions = {}): CostTerm => ({
  name: 'iou-power',
  weight,
  options: { weight, alpha },
  fill: (out, candidates, targets) => {
    const logits = logitsOf('iou-power', candidates, targets);
    const a = cxcywhToXyxy(candidates.boxes);
    const b = cxcywhToXyxy(targets.boxes);
    const rows = a.length / 4;
    const columns = b.length / 4;
    for (let i = 0, k = 0; i < rows; i++)
      for (let j = 0; j < columns; j++, k++) {
        const p = sigmoid(logits[i * candidates.numClasses + targets.labels[j]!]!);
        out[k] = out[k]! - weight * p * iou(a, i, b, j) ** alpha;
      }
  },
});
