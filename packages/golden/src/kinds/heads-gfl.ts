import { assignAtss } from '@detrain/assigner-atss';
import { BACKGROUND, IGNORE, xyxyToCxcywh } from '@detrain/core';
import {
  decodeSides,
  densify,
  dfl,
  cornersOf as edgesOf,
  expectedSides,
  giou,
  overlapOf,
  qfl,
  toTensors,
} from '@detrain/losses';
import * as tf from '@tensorflow/tfjs';
import { floatsOf, type GoldenCase, integersOf, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { eagerly, load } from '../eager.ts';
import { compareTerm, joinLevels } from '../head-losses.ts';
import { anchorsOf, cornersOf, flatten, headMeta, imagesOf, labelsOf, levelOf, STRIDES, WEIGHT } from '../heads.ts';

/** GFL's head: ATSS's targets, the quality of every positive, the three losses level by level, their gradients. */
export const replay = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const { num_classes: numClasses } = headMeta(golden);
  const regMax = Number(golden.meta['reg_max']);
  const { boxes: anchors, levels, valid } = anchorsOf(golden);
  const images = imagesOf(golden).map((image, index) => {
    const { corners, labels } = image;
    const { targetOf } = assignAtss({ anchors, levels, targets: corners, valid: valid[index]! });
    const get = (name: string) => tensorOf(golden, `${name}_${index}`);
    checks.exact(`labels_${index}`, labelsOf(targetOf, { labels }, numClasses), integersOf(get('labels')));
    const weights = targetOf.map((target) => (target === IGNORE ? 0 : 1));
    checks.exact(`label_weights_${index}`, weights, floatsOf(get('label_weights')));
    checks.exact(`bbox_targets_${index}`, cornersOf(targetOf, corners), floatsOf(get('bbox_targets')));
    // box losses weigh a positive by its largest probability
    const logits = flatten(golden, 'cls', index, numClasses);
    const score = Float32Array.from(targetOf, (target, i) => {
      const largest = Math.max(...logits.subarray(i * numClasses, (i + 1) * numClasses));
      return target > BACKGROUND ? 1 / (1 + Math.exp(-largest)) : 0;
    });
    return { targetOf, quality: score, boxWeight: score, targets: { boxes: xyxyToCxcywh(corners), labels } };
  });

  // boxes are in pixels throughout
  const boxes = xyxyToCxcywh(anchors);
  const count = boxes.length / 4;
  const dense = densify(
    images,
    images.map(({ targets }) => targets),
    { numCandidates: count, numClasses, normalizer: 'quality' },
  );
  const perPositive = images.reduce((sum, { targetOf }) => sum + Math.max(targetOf.filter((t) => t >= 0).length, 1), 0);
  return eagerly(() => {
    const reference = tf.tile(tf.tensor3d(boxes, [1, count, 4]), [images.length, 1, 1]) as tf.Tensor3D;
    const strides = levels.flatMap((n, level) => Array<number>(n).fill(STRIDES[level] ?? 1));
    const unit = tf.tensor3d(strides, [1, count, 1]);
    const centres = tf.slice(reference, [0, 0, 0], [-1, -1, 2]);
    const decode = (corners: tf.Tensor3D) =>
      decodeSides(tf.mul(expectedSides(corners, regMax), unit), centres) as tf.Tensor3D;
    const maps = (leaf: string) => levels.map((_, level) => load(golden, `${leaf}_${level}`));
    const predicted = decode(joinLevels(maps('reg'), 4 * (regMax + 1)));

    const { boxes: wanted, positive } = toTensors(dense);
    const { iou } = overlapOf(edgesOf(predicted), edgesOf(wanted));
    const qualities = tf.mul(tf.squeeze(iou, [-1]), positive).dataSync() as Float32Array;
    levels.forEach((_, level) => {
      const ours = images.flatMap((__, image) => Array.from(levelOf(qualities.subarray(image * count), levels, level)));
      checks.close(`qfl_score_lvl${level}`, ours, floatsOf(tensorOf(golden, `qfl_score_lvl${level}`)), 1e-5);
    });

    const term = { targets: dense, levels, leaf: 'reg', channels: 4 * (regMax + 1), regMax };
    compareTerm(golden, checks, {
      ...term,
      name: 'loss_cls',
      leaf: 'cls',
      channels: numClasses,
      weight: WEIGHT,
      targets: { ...dense, normalizer: perPositive },
      loss: qfl(),
      predictions: (logits) => ({ logits, boxes: predicted }),
    });
    compareTerm(golden, checks, {
      ...term,
      name: 'loss_bbox',
      weight: 2 * WEIGHT,
      loss: giou(),
      predictions: (corners) => ({ boxes: decode(corners) }),
    });
    compareTerm(golden, checks, {
      ...term,
      name: 'loss_dfl',
      weight: 0.25 * WEIGHT,
      loss: dfl(),
      predictions: (corners) => ({ corners, reference }),
    });
  });
};
