import { deltaCoder, octaveScales, regionProposals } from '@detrain/anchors';
import { matchByOverlap, overlapsOf, rpnMatching, sampleCandidates } from '@detrain/assigner-iou';
import { BACKGROUND, IGNORE } from '@detrain/core';
import { bce, densify, l1 } from '@detrain/losses';
import { floatsOf, type GoldenCase, integersOf, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { eagerly } from '../eager.ts';
import { compareTerm } from '../head-losses.ts';
import { anchorsOf, flatten, headMeta, imagesOf, permutationsOf } from '../heads.ts';

const sample = { count: 256, positiveFraction: 0.5 };
const coder = deltaCoder({ smallestSize: 0 });

/** The boxes at some indices. */
const pick = (indices: ArrayLike<number>, boxes: Float32Array): Float32Array =>
  Float32Array.from({ length: 4 * indices.length }, (_, k) => boxes[4 * (indices[k >> 2] ?? 0) + (k & 3)] ?? 0);

/** Region proposal network: the recorded samples, encoded targets, both losses level by level, gradients, proposals. */
export const replay = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const { boxes: anchors, levels, valid } = anchorsOf(golden, { scales: octaveScales(4, 3), ratios: [0.5, 1, 2] });
  const get = (name: string) => floatsOf(tensorOf(golden, name));
  const permutations = permutationsOf(golden);
  const images = imagesOf(golden).map(({ corners, size }, image) => {
    // the official indices are those among valid anchors
    const inside = Array.from(valid[image]!.keys()).filter((i) => valid[image]![i]);
    const own = pick(inside, anchors);
    const { targetOf } = matchByOverlap(overlapsOf(corners, own), rpnMatching);
    const { positives, negatives } = sampleCandidates(targetOf, sample, permutations);
    checks.exact(`pos_inds_${image}`, positives, integersOf(tensorOf(golden, `pos_inds_${image}`)));
    checks.exact(`neg_inds_${image}`, negatives, integersOf(tensorOf(golden, `neg_inds_${image}`)));
    const sampled = new Int32Array(anchors.length / 4).fill(IGNORE);
    for (const k of positives) sampled[inside[k]!] = targetOf[k]!;
    for (const k of negatives) sampled[inside[k]!] = BACKGROUND;
    const labels = sampled.map((target) => (target >= 0 ? 0 : 1));
    checks.exact(`labels_${image}`, labels, integersOf(tensorOf(golden, `labels_${image}`)));
    const weights = sampled.map((target) => (target === IGNORE ? 0 : 1));
    checks.exact(`label_weights_${image}`, weights, get(`label_weights_${image}`));
    const wanted = positives.map((k) => targetOf[k] ?? 0);
    const encoded = coder.encode(pick(positives, own), pick(wanted, corners));
    checks.close(`pos_bbox_targets_${image}`, encoded, get(`pos_bbox_targets_${image}`), 1e-6);
    compareProposals(golden, checks, image, anchors, levels, size);
    const rows = positives.map((k) => image * sampled.length + inside[k]!);
    return {
      targetOf: sampled,
      rows,
      encoded,
      samples: Math.max(positives.length, 1) + Math.max(negatives.length, 1),
      corners,
    };
  });

  // losses read offsets: every positive's row has its encoded target
  const objects = images.map(({ corners }) => ({ boxes: corners, labels: new Int32Array(corners.length / 4) }));
  const numCandidates = anchors.length / 4;
  const dense = densify(images, objects, { numCandidates, numClasses: 1, normalizer: 'pairs' });
  for (const { rows, encoded } of images)
    rows.forEach((row, k) => {
      dense.boxes.set(encoded.subarray(4 * k, 4 * k + 4), 4 * row);
    });
  const normalizer = images.reduce((sum, { samples }) => sum + samples, 0);
  const { weight = 1 } = headMeta(golden);
  const term = { targets: { ...dense, normalizer }, levels, weight };
  return eagerly(() => {
    compareTerm(golden, checks, {
      ...term,
      name: 'loss_rpn_cls',
      leaf: 'cls',
      channels: 1,
      loss: bce(),
      predictions: (logits) => ({ logits }),
    });
    compareTerm(golden, checks, {
      ...term,
      name: 'loss_rpn_bbox',
      leaf: 'reg',
      channels: 4,
      loss: l1(),
      predictions: (boxes) => ({ boxes }),
    });
  });
};

/** The proposals of one image, as many as in training and a few. */
const compareProposals = (
  golden: GoldenCase,
  checks: Checks,
  image: number,
  anchors: Float32Array,
  levels: readonly number[],
  imageSize: readonly [number, number],
): void => {
  const logits = flatten(golden, 'cls', image, 1);
  const deltas = flatten(golden, 'reg', image, 4);
  for (const [name, count] of Object.entries({ train: 1000, small: 50 })) {
    const label = `proposals_${name}_${image}`;
    const reference = floatsOf(tensorOf(golden, label));
    const { boxes, scores } = regionProposals({ anchors, levels, logits, deltas, imageSize }, { count });
    checks.count(label, scores.length, reference.length / 5);
    checks.close(
      `${label} boxes`,
      boxes,
      reference.filter((_, k) => k % 5 < 4),
      1e-5,
    );
    checks.close(
      `${label} scores`,
      scores,
      reference.filter((_, k) => k % 5 === 4),
      1e-6,
    );
  }
};
