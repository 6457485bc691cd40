import { pointGrid } from '@detrain/anchors';
import { assignFcos } from '@detrain/assigner-fcos';
import { centerness, xyxyToCxcywh } from '@detrain/core';
import { decodeSides, densify, focal, giou, quality } from '@detrain/losses';
import * as tf from '@tensorflow/tfjs';
import { floatsOf, type GoldenCase, integersOf, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { eagerly } from '../eager.ts';
import { compareTerm } from '../head-losses.ts';
import { headMeta, imagesOf, labelsOf, levelOf, STRIDES, WEIGHT } from '../heads.ts';

type Sides = [left: number, top: number, right: number, bottom: number];

/** FCOS: classes, distances and centerness of all points, level by level; the three losses and their gradients. */
export const replay = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const { num_classes: numClasses, featmap_sizes: sizes } = headMeta(golden);
  const meta = golden.meta as { center_sampling?: boolean; radius?: number; norm_on_bbox?: boolean };
  const { points, levels } = pointGrid({ strides: STRIDES }).generate(sizes);
  const rule = meta.center_sampling ? { reach: STRIDES.map((stride) => stride * (meta.radius ?? 0)) } : {};
  const images = imagesOf(golden).map((image) => ({
    ...image,
    ...assignFcos({ points, levels, targets: image.corners }, rule),
  }));
  const all: number[] = [];
  let before = 0;
  const flat: number[] = [];
  levels.forEach((count, level) => {
    const unit = meta.norm_on_bbox ? (STRIDES[level] ?? 1) : 1;
    const classes = images.flatMap(({ targetOf, labels }) =>
      Array.from(labelsOf(levelOf(targetOf, levels, level), { labels }, numClasses)),
    );
    checks.exact(`labels_lvl${level}`, classes, integersOf(tensorOf(golden, `labels_lvl${level}`)));
    // what the official code gives background points are the distances of some target
    const positive = Array.from(classes.keys()).filter((i) => (classes[i] ?? 0) < numClasses);
    const distances = images.flatMap((image) =>
      Array.from(levelOf(image.distances, levels, level, 4), (d) => Math.fround(d / unit)),
    );
    const reference = floatsOf(tensorOf(golden, `bbox_targets_lvl${level}`));
    const pick = (values: ArrayLike<number>) =>
      positive.flatMap((i) => [0, 1, 2, 3].map((k) => values[4 * i + k] ?? 0));
    checks.exact(`bbox_targets_lvl${level}`, pick(distances), pick(reference));
    for (const i of positive) {
      all.push(centerness(...(distances.slice(4 * i, 4 * i + 4) as Sides)));
      flat.push(before + i);
    }
    before += images.length * count;
  });
  checks.exact('pos_flat_inds', flat, integersOf(tensorOf(golden, 'pos_flat_inds')));
  checks.close('pos_centerness', all, floatsOf(tensorOf(golden, 'pos_centerness')), 1e-6);

  // boxes are in pixels throughout; heads that norm by the stride predict distances in strides
  const assignments = images.map(({ targetOf, distances }) => {
    const weights = Float32Array.from(targetOf, (target, i) =>
      target < 0 ? 0 : centerness(...(Array.from(distances.subarray(4 * i, 4 * i + 4)) as Sides)),
    );
    return { targetOf, quality: weights, boxWeight: weights };
  });
  const targets = images.map(({ corners, labels }) => ({ boxes: xyxyToCxcywh(corners), labels }));
  const dense = densify(assignments, targets, { numCandidates: points.length / 2, numClasses, normalizer: 'pairs' });
  const total = all.reduce((sum, value) => sum + value, 0);
  return eagerly(() => {
    const units = levels.flatMap((count, level) =>
      Array<number>(count).fill(meta.norm_on_bbox ? (STRIDES[level] ?? 1) : 1),
    );
    const unit = tf.tensor3d(units, [1, units.length, 1]);
    const at = tf.tensor3d(points, [1, points.length / 2, 2]);
    const term = { targets: dense, levels, weight: WEIGHT };
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
      targets: { ...dense, normalizer: Math.max(total, 1e-6) },
      loss: giou(),
      predictions: (sides) => ({ boxes: decodeSides(tf.mul(sides, unit), at) as tf.Tensor3D }),
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
