import { octaveScales } from '@detrain/anchors';
import { leaveOut, matchByOverlap, overlapsOf, retinaNetMatching } from '@detrain/assigner-iou';
import { IGNORE, xyxyToCxcywh } from '@detrain/core';
import { decodeDeltas, densify, focal, giou } from '@detrain/losses';
import * as tf from '@tensorflow/tfjs';
import { floatsOf, type GoldenCase, integersOf, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { eagerly } from '../eager.ts';
import { compareTerm } from '../head-losses.ts';
import { anchorsOf, headMeta, imagesOf, labelsOf, WEIGHT } from '../heads.ts';

/** The official rule gives a target that nothing overlaps every anchor that overlaps nothing. */
const officialMatching = { ...retinaNetMatching, lowQuality: { ...retinaNetMatching.lowQuality, zeroOverlap: true } };

/** RetinaNet's head: classes, what is ignored, both losses level by level, their gradients. */
export const replay = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const { num_classes: numClasses } = headMeta(golden);
  const { boxes: anchors, levels, valid } = anchorsOf(golden, { scales: octaveScales(4, 3), ratios: [0.5, 1, 2] });
  const counts = golden.meta['n_pos'] as readonly number[];
  const images = imagesOf(golden).map(({ corners, labels }, image) => {
    const overlaps = leaveOut(overlapsOf(corners, anchors), (i) => valid[image]?.[i] === 0);
    const { targetOf } = matchByOverlap(overlaps, officialMatching);
    const flags = valid[image]!;
    checks.exact(
      `labels_${image}`,
      labelsOf(targetOf, { labels }, numClasses),
      integersOf(tensorOf(golden, `labels_${image}`)),
    );
    checks.exact(
      `label_weights_${image}`,
      targetOf.map((t, i) => (t === IGNORE || !flags[i] ? 0 : 1)),
      floatsOf(tensorOf(golden, `label_weights_${image}`)),
    );
    checks.count(`n_pos_${image}`, targetOf.filter((target) => target >= 0).length, counts[image] ?? 0);
    return {
      targetOf: targetOf.map((target, i) => (flags[i] ? target : IGNORE)),
      targets: { boxes: xyxyToCxcywh(corners), labels },
    };
  });

  // boxes are in pixels throughout
  const boxes = xyxyToCxcywh(anchors);
  const dense = densify(
    images,
    images.map(({ targets }) => targets),
    { numCandidates: boxes.length / 4, numClasses, normalizer: 'pairs' },
  );
  // an image without positives counts as one
  const normalizer = counts.reduce((sum, n) => sum + Math.max(n, 1), 0);
  return eagerly(() => {
    const anchorBoxes = tf.tensor3d(boxes, [1, boxes.length / 4, 4]);
    const term = { targets: { ...dense, normalizer }, levels, weight: WEIGHT };
    compareTerm(golden, checks, {
      ...term,
      name: 'loss_cls',
      leaf: 'cls',
      channels: numClasses,
      loss: focal(),
      predictions: (logits) => ({ logits }),
    });
    compareTerm(golden, checks, {
      ...term,
      name: 'loss_bbox',
      leaf: 'reg',
      channels: 4,
      weight: 2 * WEIGHT,
      loss: giou(),
      predictions: (deltas) => ({ boxes: decodeDeltas(deltas, anchorBoxes) as tf.Tensor3D }),
    });
  });
};
