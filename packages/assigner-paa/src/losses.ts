import { giou } from '@detrain/core';

const { exp, log1p, max } = Math;

/** What `paaLosses` reads; boxes are x1 y1 x2 y2 in pixels. */
export interface PaaLossInput {
  /** A target's index, or negative `[count]`. */
  readonly targetOf: Int32Array;
  /** Predicted boxes `[count * 4]`. */
  readonly boxes: Float32Array;
  /** Class logits `[count * numClasses]`. */
  readonly logits: Float32Array;
  readonly numClasses: number;
  /** `[targets * 4]` */
  readonly targets: Float32Array;
  /** `[targets]` */
  readonly labels: Int32Array;
}

/** Weights of the terms. */
export interface PaaLossWeights {
  /** Of the focal loss, summed over classes. Default: 1. */
  readonly classWeight?: number;
  /** Of 1 - GIoU. Default: 1.3 (Kim and Lee 2020, section 4.1). */
  readonly boxWeight?: number;
}

/** Weight of positives and exponent of the focal loss (Lin et al. 2017). */
const ALPHA = 0.25;
const GAMMA = 2;

/** Loss of each candidate with its target, classes and box; 0 where it has none `[count]`. */
export const paaLosses = (
  { targetOf, boxes, logits, numClasses, targets, labels }: PaaLossInput,
  { classWeight = 1, boxWeight = 1.3 }: PaaLossWeights = {},
): Float32Array =>
  Float32Array.from(targetOf, (target, i) => {
    if (target < 0) return 0;
    let classes = 0;
    for (let c = 0; c < numClasses; c++) classes += focal(logits[i * numClasses + c]!, c === labels[target]);
    return classWeight * classes + boxWeight * (1 - giou(boxes, i, targets, target));
  });

/** Focal loss of one logit. */
const focal = (logit: number, positive: boolean): number => {
  const wrong = 1 / (1 + exp(positive ? logit : -logit));
  // the logarithm of 1 + e^x, for any x
  const x = positive ? -logit : logit;
  const entropy = max(x, 0) + log1p(exp(-Math.abs(x)));
  return (positive ? ALPHA : 1 - ALPHA) * wrong ** GAMMA * entropy;
};
