import { deltaCoder } from '@detrain/anchors';
import { leaveOut, matchByOverlap, overlapsOf } from '@detrain/assigner-iou';
import { fitTwoGaussians, paaLosses, paaMatching, separateByLoss } from '@detrain/assigner-paa';
import { IGNORE, xyxyToCxcywh } from '@detrain/core';
import { cornersOf, decodeDeltas, densify, focal, giou, overlapOf, quality, toTensors } from '@detrain/losses';
import * as tf from '@tensorflow/tfjs';
import { floatsOf, type GoldenCase, integersOf, tensorOf, valuesOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { eagerly, load } from '../eager.ts';
import { compareTerm, joinLevels } from '../head-losses.ts';
import { anchorsOf, flatten, headMeta, imagesOf, labelsOf, STDS } from '../heads.ts';

interface Mixture {
  readonly means: readonly number[];
  readonly covariances: readonly number[];
  readonly weights: readonly number[];
  readonly n_iter: number;
  readonly converged: boolean;
}

/** The official first assignment gives a target that nothing overlaps every anchor that overlaps nothing. */
const officialMatching = { ...paaMatching, lowQuality: { ...paaMatching.lowQuality, zeroOverlap: true } };

/** PAA's head: the first assignment, the losses of its positives, every mixture, the classes that are left; the losses of the head. */
export const replay = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const { num_classes: numClasses } = headMeta(golden);
  const { boxes: anchors, levels, valid } = anchorsOf(golden);
  const coder = deltaCoder({ stds: STDS });
  const get = (name: string) => floatsOf(tensorOf(golden, name));
  const counts = golden.meta['num_pos'] as readonly number[];
  const images = imagesOf(golden).map(({ corners, labels }, image) => {
    const overlaps = leaveOut(overlapsOf(corners, anchors), (i) => valid[image]?.[i] === 0);
    const { targetOf } = matchByOverlap(overlaps, officialMatching);
    const positives = Array.from(targetOf.keys()).filter((i) => (targetOf[i] ?? -1) >= 0);
    const stored = (name: string) => integersOf(tensorOf(golden, `${name}_${image}`));
    checks.exact(`init_labels_${image}`, labelsOf(targetOf, { labels }, numClasses), stored('init_labels'));
    checks.exact(`init_pos_inds_${image}`, positives, stored('init_pos_inds'));
    checks.exact(
      `init_pos_gt_${image}`,
      positives.map((i) => targetOf[i] ?? -1),
      stored('init_pos_gt'),
    );
    const losses = paaLosses({
      targetOf,
      boxes: coder.decode(anchors, flatten(golden, 'reg', image, 4)),
      logits: flatten(golden, 'cls', image, numClasses),
      numClasses,
      targets: corners,
      labels,
    });
    checks.close(
      `pos_losses_${image}`,
      positives.map((i) => losses[i] ?? 0),
      get(`pos_losses_${image}`),
      1e-5,
    );
    const separated = separateByLoss({ targetOf, losses, levels }, { single: 'dropped' });
    checks.exact(`final_labels_${image}`, labelsOf(separated, { labels }, numClasses), stored('final_labels'));
    checks.exact(`final_label_weights_${image}`, valid[image]!, get(`final_label_weights_${image}`));
    checks.count(`num_pos_${image}`, separated.filter((target) => target >= 0).length, counts[image] ?? 0);
    const flags = valid[image]!;
    return {
      targetOf: separated.map((target, i) => (flags[i] ? target : IGNORE)),
      targets: { boxes: xyxyToCxcywh(corners), labels },
    };
  });
  (golden.meta['gmm'] as readonly Mixture[]).forEach((mixture, k) => {
    const ours = fitTwoGaussians(get(`gmm${k}_x`));
    checks.close(`gmm${k}_means`, ours.means, mixture.means, 1e-9);
    checks.close(`gmm${k}_covariances`, ours.variances, mixture.covariances, 1e-9);
    checks.close(`gmm${k}_weights`, ours.weights, mixture.weights, 1e-9);
    checks.count(`gmm${k}_iterations`, ours.iterations, mixture.n_iter);
    checks.holds(`gmm${k}_converged`, ours.converged === mixture.converged);
    checks.exact(`gmm${k}_assign`, ours.component, integersOf(tensorOf(golden, `gmm${k}_assign`)));
    checks.close(`gmm${k}_scores`, ours.logDensity, valuesOf(tensorOf(golden, `gmm${k}_scores`)), 1e-9);
  });

  // boxes are in pixels throughout
  const boxes = xyxyToCxcywh(anchors);
  const dense = densify(
    images,
    images.map(({ targets }) => targets),
    { numCandidates: boxes.length / 4, numClasses, normalizer: 'pairs' },
  );
  const positives = counts.reduce((sum, n) => sum + n, 0);
  return eagerly(() => {
    const anchorBoxes = tf.tensor3d(boxes, [1, boxes.length / 4, 4]);
    const decode = (deltas: tf.Tensor3D) => decodeDeltas(deltas, anchorBoxes, { stds: STDS }) as tf.Tensor3D;
    const predicted = decode(
      joinLevels(
        levels.map((_, level) => load(golden, `reg_${level}`)),
        4,
      ),
    );
    const { boxes: wanted, positive } = toTensors(dense);
    const { iou } = overlapOf(cornersOf(predicted), cornersOf(wanted));
    const overlap = tf.sum(tf.mul(tf.squeeze(iou, [-1]), positive)).dataSync()[0] ?? 0;
    const term = { targets: dense, levels, weight: 1 };
    compareTerm(golden, checks, {
      ...term,
      name: 'loss_cls',
      leaf: 'cls',
      channels: numClasses,
      // every image counts as having a positive
      targets: { ...dense, normalizer: Math.max(positives, images.length) },
      loss: focal(),
      predictions: (logits) => ({ logits }),
    });
    compareTerm(golden, checks, {
      ...term,
      name: 'loss_bbox',
      leaf: 'reg',
      channels: 4,
      weight: 1.3,
      targets: { ...dense, normalizer: positives > 0 ? overlap : 1 },
      loss: giou({ weightBy: 'iou' }),
      predictions: (deltas) => ({ boxes: decode(deltas) }),
    });
    compareTerm(golden, checks, {
      ...term,
      name: 'loss_iou',
      leaf: 'iou',
      channels: 1,
      weight: 0.5,
      loss: quality({ quality: 'iou' }),
      predictions: (logits) => ({ quality: tf.squeeze(logits, [-1]), boxes: predicted }),
    });
  });
};
