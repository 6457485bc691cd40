import { type Assigner, fail, type PixelSize, toPixelCorners } from '@detrain/core';
import { assignSimota, SIMOTA_RULE, type SimotaRule } from './assign-simota.ts';

/** Options of `simota`. */
export interface SimotaOptions extends SimotaRule {
  /** What the unit square stands for, in pixels. Default: `[640, 640]`. */
  readonly imageSize?: PixelSize;
}

/**
 * SimOTA (Ge et al. 2021, YOLOX): a target is answered for by the predictions that are cheapest for it, the more the better they fit.
 *
 * Candidates are predictions: `boxes` and `logits`, with `priors` around their points, one stride large; without priors the boxes stand in.
 * Those that are not `valid` are ignored. The cost takes the square root of a class's probability, which YOLOX has as a product of two.
 * Positives have their IoU as quality. Throws without logits.
 */
export const simota = ({ imageSize = [640, 640], ...rule }: SimotaOptions = {}): Assigner => {
  const settings = { ...SIMOTA_RULE, ...rule };
  return {
    name: 'simota',
    options: { ...settings, imageSize: [...imageSize] },
    cardinality: 'one-to-many',
    assign: ({ boxes, priors = boxes, logits, numClasses, valid }, targets) => {
      if (!logits)
        fail('assigner-simota', 'candidates without logits', 'The cost needs class predictions', 'Pass logits');
      const [width, height] = imageSize;
      const { targetOf, iou } = assignSimota(
        {
          priors: priors.map((value, k) => value * (k % 2 === 0 ? width : height)),
          boxes: toPixelCorners(boxes, imageSize),
          scores: logits.map((logit) => 1 / (1 + Math.exp(-logit))),
          numClasses,
          targets: toPixelCorners(targets.boxes, imageSize),
          labels: targets.labels,
          ...(valid && { valid }),
        },
        settings,
      );
      return { targetOf, quality: iou };
    },
  };
};
