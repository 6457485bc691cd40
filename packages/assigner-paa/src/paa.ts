import { leaveOut, type MatchOptions, matchByOverlap, overlapsOf } from '@detrain/assigner-iou';
import { type Assigner, fail, IGNORE, type PixelSize, toPixelCorners } from '@detrain/core';
import { type PaaLossWeights, paaLosses } from './losses.ts';
import { type SeparateRule, separateByLoss } from './separate.ts';

/** PAA's first assignment: IoU of at least 0.1 with the nearest target, and each target's best (Kim and Lee 2020, section 4.1). */
export const paaMatching = {
  positive: 0.1,
  negative: 0.1,
  lowQuality: { goesTo: 'target' },
} as const satisfies MatchOptions;

/** Options of `paa`. */
export interface PaaOptions extends SeparateRule, PaaLossWeights {
  /** Which candidates each target has at first. Default: `paaMatching`. */
  readonly first?: MatchOptions;
  /** What the unit square stands for, in pixels. Default: `[640, 640]`. */
  readonly imageSize?: PixelSize;
}

/**
 * Probabilistic anchor assignment (Kim and Lee 2020): of the anchors that overlap a target, those answer for it whose predictions are
 * likely good ones, by a mixture of two normal distributions of their losses.
 *
 * Candidates are predictions, `boxes` and `logits`, from the anchors in `priors`; without priors the boxes stand in, without `levels` they
 * are one level. Those that are not `valid` are ignored. Throws without logits, or where levels do not add up.
 */
export const paa = ({
  first = paaMatching,
  topk = 9,
  single = 'kept',
  classWeight = 1,
  boxWeight = 1.3,
  imageSize = [640, 640],
}: PaaOptions = {}): Assigner => ({
  name: 'paa',
  options: { first, topk, single, classWeight, boxWeight, imageSize: [...imageSize] },
  cardinality: 'one-to-many',
  assign: ({ boxes, priors = boxes, logits, numClasses, levels = [boxes.length / 4], valid }, targets) => {
    if (!logits) fail('assigner-paa', 'candidates without logits', 'Losses need class predictions', 'Pass logits');
    const corners = toPixelCorners(targets.boxes, imageSize);
    const overlaps = overlapsOf(corners, toPixelCorners(priors, imageSize));
    const { targetOf } = matchByOverlap(valid ? leaveOut(overlaps, (i) => valid[i] === 0) : overlaps, first);
    const losses = paaLosses(
      {
        targetOf,
        boxes: toPixelCorners(boxes, imageSize),
        logits,
        numClasses,
        targets: corners,
        labels: targets.labels,
      },
      { classWeight, boxWeight },
    );
    const separated = separateByLoss({ targetOf, losses, levels }, { topk, single });
    return { targetOf: valid ? separated.map((target, i) => (valid[i] === 0 ? IGNORE : target)) : separated };
  },
});
