import { detaPairs, overlapsOf } from '@detrain/assigner-iou';
import { cxcywhToXyxy, fromPairs, type Pairs, type Targets } from '@detrain/core';
import type { Loss, LossContext, Predictions } from '@detrain/core/tensors';
import { densify, focal, giou, l1, repeatCandidates, toTensors } from '@detrain/losses';
import * as tf from '@tensorflow/tfjs';
import { tensorsBeside } from '../beside.ts';
import { floatsOf, type GoldenCase, integersOf, tensorOf, Unsupported } from '../case.ts';
import type { Checks } from '../checks.ts';
import { eagerly, load } from '../eager.ts';
import { comparePairs, officialRule, recorded } from './deta-assign.ts';

interface LossMeta {
  readonly kinds: readonly string[];
  readonly anchors_file: string;
  readonly num_classes: number;
  readonly k: number | 'inf';
  readonly last_layer: number;
  readonly focal_alpha: number;
  readonly focal_gamma: number;
  readonly losses: Readonly<Record<string, number>>;
  /** One a draw. */
  readonly topk_ties: readonly { readonly tie_at_cut: boolean }[];
}

const VALUE = 1e-5;
const GRADIENT = 1e-4;

/** Targets of an image; encoder proposals learn objectness, so that all are of class 0. */
const targetsOf = (golden: GoldenCase, image: number, encoder: boolean): Targets => {
  const labels = integersOf(tensorOf(golden, `gt_labels_${image}`));
  return { boxes: floatsOf(tensorOf(golden, `gt_boxes_${image}`)), labels: encoder ? labels.fill(0) : labels };
};

const pairsOf = (golden: GoldenCase, stage: 1 | 2, image: number): Pairs => ({
  candidates: integersOf(tensorOf(golden, `s${stage}_pr_${image}`)),
  targets: integersOf(tensorOf(golden, `s${stage}_gt_${image}`)),
});

/** Both stages' pairs with the recorded draws; images without targets draw in the second stage only. */
const compareAssignments = (golden: GoldenCase, checks: Checks) => {
  const { kinds, anchors_file, k, topk_ties } = golden.meta as unknown as LossMeta;
  const anchors = tensorsBeside(golden, anchors_file)['anchors'];
  if (!anchors) throw new Unsupported(`${anchors_file} holds no anchors`);
  const queries = floatsOf(tensorOf(golden, 'init_reference'));
  const width = queries.length / kinds.length;
  let call = 0;
  for (const stage of [2, 1] as const)
    kinds.forEach((_, image) => {
      const targets = targetsOf(golden, image, false);
      const candidates = stage === 1 ? floatsOf(anchors) : queries.subarray(image * width, (image + 1) * width);
      const overlaps = overlapsOf(cxcywhToXyxy(targets.boxes), cxcywhToXyxy(candidates));
      const draws = stage === 2 || targets.labels.length > 0;
      const permutations = draws ? [integersOf(tensorOf(golden, `call${call}_perm_pos`))] : [];
      const tied = draws && (topk_ties[call]?.tie_at_cut ?? false);
      if (draws) call++;
      const ours = detaPairs(overlaps, officialRule(stage, k), recorded(...permutations));
      comparePairs(checks, `stage ${stage}, image ${image}`, ours, pairsOf(golden, stage, image), overlaps, tied);
    });
};

/** How often the candidate that is used most often is used, at least 1. */
const mostUses = (candidates: Int32Array): number => {
  const uses = new Map<number, number>();
  for (const i of candidates) uses.set(i, (uses.get(i) ?? 0) + 1);
  return Math.max(1, ...uses.values());
};

/** A layer's losses: `loss_ce_0` is the class loss of layer 0, `loss_ce` that of the last, `loss_ce_enc` that of the encoder. */
const compareLoss = (golden: GoldenCase, checks: Checks, name: string, part: 'logits' | 'boxes', loss: Loss) => {
  const { kinds, num_classes: numClasses, losses, last_layer } = golden.meta as unknown as LossMeta;
  const suffix = /_(enc|\d+)$/.exec(name)?.[1] ?? String(last_layer);
  const encoder = suffix === 'enc';
  const leaf = (of: 'logits' | 'boxes') => (encoder ? `enc_${of}` : `${of}_${suffix}`);
  const images = Array.from(kinds.keys());
  const numCandidates = tensorOf(golden, leaf('logits')).shape[1] ?? 0;
  const perImage = images.map((image) => pairsOf(golden, encoder ? 1 : 2, image));
  const slots = Math.max(...perImage.map(({ candidates }) => mostUses(candidates)));
  const dense = densify(
    // the official code writes targets in order, so that the last one is the class
    perImage.map(({ candidates, targets }) =>
      fromPairs(numCandidates, { candidates: candidates.toReversed(), targets: targets.toReversed() }),
    ),
    images.map((image) => targetsOf(golden, image, encoder)),
    { numCandidates, numClasses, normalizer: 'targets', slots },
  );
  const targets = toTensors(dense);
  const context: LossContext = { role: encoder ? 'encoder' : 'layer', last: false, main: targets, cache: new Map() };
  const compute = (x: tf.Tensor) => {
    const predictions = { logits: load(golden, leaf('logits')), boxes: load(golden, leaf('boxes')), [part]: x };
    const repeated = repeatCandidates(predictions as unknown as Predictions, slots);
    return loss.compute(repeated, targets, context) as tf.Scalar;
  };
  const { value, grad } = tf.valueAndGrad(compute)(load(golden, leaf(part)));
  checks.number(name, value.dataSync()[0] as number, losses[name] ?? 0, VALUE, 1);
  const stored = golden.tensors()[`grad_${name}__${leaf(part)}`];
  if (stored) checks.closeL2(`grad_${name}`, grad.dataSync(), floatsOf(stored), GRADIENT);
};

/** DETA's criterion: assignments, every loss of every layer and of the encoder, and their gradients. */
export const replay = (golden: GoldenCase, checks: Checks): Promise<void> => {
  const { losses, focal_alpha: alpha, focal_gamma: gamma } = golden.meta as unknown as LossMeta;
  compareAssignments(golden, checks);
  return eagerly(() => {
    for (const name of Object.keys(losses)) {
      if (name.startsWith('loss_ce')) compareLoss(golden, checks, name, 'logits', focal({ alpha, gamma }));
      if (name.startsWith('loss_bbox')) compareLoss(golden, checks, name, 'boxes', l1());
      if (name.startsWith('loss_giou')) compareLoss(golden, checks, name, 'boxes', giou());
    }
  });
};
