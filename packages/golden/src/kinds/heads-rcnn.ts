import { regionLevels } from '@detrain/anchors';
import { matchByOverlap, overlapsOf, prependTargets, rcnnMatching, sampleCandidates } from '@detrain/assigner-iou';
import { BACKGROUND, xyxyToCxcywh } from '@detrain/core';
import type { LossContext, Predictions } from '@detrain/core/tensors';
import { crossEntropy, decodeDeltas, densify, giou, toTensors } from '@detrain/losses';
import * as tf from '@tensorflow/tfjs';
import { floatsOf, type GoldenCase, integersOf, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { eagerly, load } from '../eager.ts';
import { headMeta, imagesOf, permutationsOf, STDS } from '../heads.ts';
import { featureNames, roiHead } from '../roi-head.ts';

const VALUE = 1e-5;
const GRADIENT = 1e-4;

/** The recorded samples of proposals and targets, and what each of them learns; boxes are x1 y1 x2 y2 in pixels. */
const compareSamples = (golden: GoldenCase, checks: Checks) => {
  const { num_classes: numClasses } = headMeta(golden);
  const floats = (name: string) => floatsOf(tensorOf(golden, name));
  const integers = (name: string) => integersOf(tensorOf(golden, name));
  const permutations = permutationsOf(golden);
  const options = { count: Number(golden.meta['num']), positiveFraction: 0.25 };
  /** image, x1, y1, x2, y2 of each region. */
  const rois: number[] = [];
  const classes: number[] = [];
  const targets: number[] = [];
  imagesOf(golden).forEach(({ corners, labels }, image) => {
    const proposals = floats(`proposals_${image}`).filter((_, k) => k % 5 < 4);
    const { targetOf } = matchByOverlap(overlapsOf(corners, proposals), rcnnMatching);
    const all = prependTargets({ boxes: proposals, targetOf }, corners);
    const { positives, negatives } = sampleCandidates(all.targetOf, options, permutations);
    checks.exact(`pos_inds_${image}`, positives, integers(`pos_inds_${image}`));
    checks.exact(`neg_inds_${image}`, negatives, integers(`neg_inds_${image}`));
    const own = positives.map((i) => all.targetOf[i] ?? -1);
    checks.exact(`pos_gt_${image}`, own, integers(`pos_gt_${image}`));
    for (const i of [...positives, ...negatives]) {
      const target = all.targetOf[i] ?? -1;
      rois.push(image, ...all.boxes.subarray(4 * i, 4 * i + 4));
      classes.push(labels[target] ?? numClasses);
      targets.push(...(target < 0 ? [0, 0, 0, 0] : corners.subarray(4 * target, 4 * target + 4)));
    }
  });
  const boxWeights = classes.flatMap((label) => Array<number>(4).fill(label < numClasses ? 1 : 0));
  checks.exact('rois', rois, floats('rois'));
  checks.exact('labels', classes, integers('labels'));
  const ones = classes.map(() => 1);
  checks.exact('label_weights', ones, floats('label_weights'));
  checks.exact('bbox_targets', targets, floats('bbox_targets'));
  checks.exact('bbox_weights', boxWeights, floats('bbox_weights'));
  return { rois, classes, targets };
};

/**
 * Faster R-CNN's second stage: the recorded samples of proposals and targets, what each region learns, pooled features and predictions from
 * generated weights, both losses, their gradients by predictions and by feature maps.
 */
export const replay = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const { num_classes: numClasses, losses, weight = 1 } = headMeta(golden);
  const get = (name: string) => floatsOf(tensorOf(golden, name));
  const { rois, classes, targets } = compareSamples(golden, checks);
  const regions = Float32Array.from(rois.filter((_, k) => k % 5 > 0));
  const roiLevels = regionLevels(regions);
  checks.exact('roi_levels', roiLevels, integersOf(tensorOf(golden, 'roi_levels')));

  // all regions as one image, each with a target of its own; boxes are in pixels
  const count = classes.length;
  const boxes = xyxyToCxcywh(Float32Array.from(targets));
  const assignment = { targetOf: Int32Array.from(classes, (label, i) => (label < numClasses ? i : BACKGROUND)) };
  const dense = densify([assignment], [{ boxes, labels: Int32Array.from(classes) }], {
    numCandidates: count,
    numClasses,
    normalizer: 'sampled',
  });
  return eagerly(() => {
    const target = toTensors(dense);
    const context: LossContext = { role: 'layer', last: true, main: target };
    const regionBoxes = tf.tensor2d(xyxyToCxcywh(regions), [count, 4]);
    // every class has its own box: that of the region's class is decoded
    const own = tf.reshape(tf.oneHot(tf.tensor1d(classes, 'int32'), numClasses), [count, numClasses, 1]);
    const decode = (deltas: tf.Tensor) =>
      decodeDeltas(tf.sum(tf.mul(tf.reshape(deltas, [count, numClasses, 4]), own), 1), regionBoxes, {
        stds: STDS,
      });
    const names = featureNames(golden);
    const head = (maps: readonly tf.Tensor[]) => roiHead(golden, maps, { rois, levels: roiLevels });
    const predicted = head(names.map((name) => load(golden, name)));
    const close = (name: string, ours: tf.Tensor) => checks.close(name, ours.dataSync(), get(name), VALUE);
    close('bbox_feats_mean', predicted.mean);
    close('cls_score', predicted.scores);
    close('bbox_pred', predicted.deltas);

    const inputs = (predictions: Partial<Predictions>) => [predictions as Predictions, target, context] as const;
    const classLoss = (scores: tf.Tensor) =>
      tf.mul<tf.Scalar>(
        crossEntropy().compute(...inputs({ logits: tf.expandDims(scores) as tf.Tensor3D })) as tf.Scalar,
        weight,
      );
    const boxLoss = (deltas: tf.Tensor) =>
      tf.mul<tf.Scalar>(
        giou().compute(...inputs({ boxes: tf.expandDims(decode(deltas)) as tf.Tensor3D })) as tf.Scalar,
        10 * weight,
      );
    const compare = (name: string, leaves: readonly string[], term: (...x: tf.Tensor[]) => tf.Scalar) => {
      const { value, grads } = tf.valueAndGrads(term)(leaves.map((leaf) => load(golden, leaf)));
      checks.number(name, value.dataSync()[0] ?? Number.NaN, Number(losses[name]), VALUE, 1);
      leaves.forEach((leaf, k) => {
        checks.closeL2(`grad_${name} by ${leaf}`, grads[k]!.dataSync(), get(`grad_${name}__${leaf}`), GRADIENT);
      });
    };
    compare('loss_cls', ['cls_score'], classLoss);
    compare('loss_bbox', ['bbox_pred'], boxLoss);
    compare('loss_cls', names, (...maps) => classLoss(head(maps).scores));
    compare('loss_bbox', names, (...maps) => boxLoss(head(maps).deltas));
  });
};
