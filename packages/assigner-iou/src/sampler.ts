import { type Assigner, BACKGROUND, fail, IGNORE, type Pairs } from '@detrain/core';
import { choose, type Permutations } from './choose.ts';

/** How many candidates a head learns from. */
export interface SamplerOptions {
  /** Candidates in all. */
  readonly count: number;
  /** Largest share of them that is positive; what positives do not use is filled with background. */
  readonly positiveFraction: number;
  /** Background candidates per positive, at most; absent: no limit. */
  readonly negativesPerPositive?: number;
}

/** The candidates a head learns from, ascending. */
export interface Sample {
  readonly positives: Int32Array;
  readonly negatives: Int32Array;
}

/** All positive and all background candidates of an assignment (mmdetection's PseudoSampler). */
export const allCandidates = (targetOf: Int32Array): Sample => {
  const positives: number[] = [];
  const negatives: number[] = [];
  targetOf.forEach((target, i) => {
    if (target >= 0) positives.push(i);
    else if (target === BACKGROUND) negatives.push(i);
  });
  return { positives: Int32Array.from(positives), negatives: Int32Array.from(negatives) };
};

/**
 * A random sample of an assignment's candidates with a bounded share of positives (Faster R-CNN; mmdetection's RandomSampler, detectron2's
 * subsampling). Draws only where there are more candidates than wanted: positives first, then background.
 *
 * @throws Where `positiveFraction` is outside [0, 1].
 */
export const sampleCandidates = (
  targetOf: Int32Array,
  { count, positiveFraction, negativesPerPositive = Infinity }: SamplerOptions,
  permutations: Permutations,
): Sample => {
  if (!(positiveFraction >= 0 && positiveFraction <= 1))
    fail('assigner-iou', `positiveFraction: ${positiveFraction}`, 'It is in [0, 1]', 'Pass 0.5, for instance');
  const all = allCandidates(targetOf);
  const positives = choose(all.positives, Math.floor(count * positiveFraction), permutations);
  const most = Math.floor(negativesPerPositive * Math.max(positives.length, 1));
  const negatives = choose(all.negatives, Math.min(count - positives.length, most), permutations);
  return { positives, negatives };
};

/** The pairs whose candidate has a target. */
const pairsOfUsed = ({ candidates, targets }: Pairs, targetOf: Int32Array): Pairs => {
  const used = (_: number, k: number) => targetOf[candidates[k]!]! >= 0;
  return { candidates: candidates.filter(used), targets: targets.filter(used) };
};

/** An assigner whose candidates are sampled: those that are not drawn are ignored. Draws from the context's generator. */
export const sampled = (assigner: Assigner, options: SamplerOptions): Assigner => ({
  ...assigner,
  name: `sampled-${assigner.name}`,
  options: { assigner: { name: assigner.name, ...assigner.options }, ...options },
  assign: (candidates, targets, context) => {
    const assignment = assigner.assign(candidates, targets, context);
    const { positives, negatives } = sampleCandidates(assignment.targetOf, options, context.rng);
    const targetOf = new Int32Array(assignment.targetOf.length).fill(IGNORE);
    for (const i of positives) targetOf[i] = assignment.targetOf[i]!;
    for (const i of negatives) targetOf[i] = BACKGROUND;
    return {
      ...assignment,
      targetOf,
      ...(assignment.extraPairs && { extraPairs: pairsOfUsed(assignment.extraPairs, targetOf) }),
    };
  },
});

/** Candidates and their targets with the targets themselves put in front, each answering for itself (`add_gt_as_proposals`). */
export const prependTargets = (
  { boxes, targetOf }: { readonly boxes: Float32Array; readonly targetOf: Int32Array },
  targetBoxes: Float32Array,
): { readonly boxes: Float32Array; readonly targetOf: Int32Array } => {
  const count = targetBoxes.length / 4;
  const joined = {
    boxes: new Float32Array(boxes.length + 4 * count),
    targetOf: new Int32Array(targetOf.length + count),
  };
  joined.boxes.set(targetBoxes);
  joined.boxes.set(boxes, 4 * count);
  for (let i = 0; i < count; i++) joined.targetOf[i] = i;
  joined.targetOf.set(targetOf, count);
  return joined;
};
