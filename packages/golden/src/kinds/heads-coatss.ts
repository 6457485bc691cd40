import { assignAtss, atss } from '@detrain/assigner-atss';
import { createRng, xyxyToCxcywh } from '@detrain/core';
import { decodeDeltas, densify, focal, giou, quality } from '@detrain/losses';
import * as tf from '@tensorflow/tfjs';
import { floatsOf, type GoldenCase, integersOf, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { eagerly } from '../eager.ts';
import { compareTerm } from '../head-losses.ts';
import { anchorsOf, cornersOf, headMeta, imagesOf, labelsOf, STDS } from '../heads.ts';

const context = { rng: createRng(0), progress: 0, epoch: 0, step: 0, output: 'anchors' };
/** Co-DETR's ATSS head: targets, the three losses level by level, their gradients. */
export const replay = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const { num_classes: numClasses, weight = 1 } = headMeta(golden);
  const { boxes: anchors, levels, valid } = anchorsOf(golden);
  const images = imagesOf(golden);
  images.forEach(({ corners, labels }, image) => {
    const { targetOf } = assignAtss({ anchors, levels, targets: corners, valid: valid[image]! });
    const classes = labelsOf(targetOf, { labels }, numClasses);
    checks.exact(`labels_${image}`, classes, integersOf(tensorOf(golden, `labels_${image}`)));
    const reference = floatsOf(tensorOf(golden, `bbox_targets_${image}`));
    checks.exact(`bbox_targets_${image}`, cornersOf(targetOf, corners), reference);
  });

  // boxes are in pixels throughout: one pixel is the unit
  const boxes = xyxyToCxcywh(anchors);
  const targets = images.map(({ corners, labels }) => ({ boxes: xyxyToCxcywh(corners), labels }));
  const assignments = targets.map((target, image) =>
    atss({ imageSize: [1, 1] }).assign({ boxes, levels, numClasses, valid: valid[image]! }, target, context),
  );
  const dense = densify(assignments, targets, { numCandidates: boxes.length / 4, numClasses, normalizer: 'quality' });
  // an image without positives counts as one
  const normalizer = assignments.reduce(
    (sum, { targetOf }) => sum + Math.max(targetOf.filter((t) => t >= 0).length, 1),
    0,
  );
  const perPositive = { ...dense, normalizer };
  return eagerly(() => {
    const anchorBoxes = tf.tensor3d(boxes, [1, boxes.length / 4, 4]);
    const term = { targets: perPositive, levels, weight };
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
      weight: 2 * weight,
      targets: dense,
      loss: giou(),
      predictions: (deltas) => ({ boxes: decodeDeltas(deltas, anchorBoxes, { stds: STDS }) as tf.Tensor3D }),
    });
    compareTerm(golden, checks, {
      ...term,
      name: 'loss_centerness',
      leaf: 'cen',
      channels: 1,
      loss: quality(),
      predictions: (logits) => ({ quality: tf.squeeze(logits, [-1]) }),
    });
  });
};
