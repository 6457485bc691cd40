import { type Assigner, type Assignment, fail, fromPairs, IGNORE, type Pairs } from '@detrain/core';
import { bestPerTarget } from './balance.ts';
import { choose, type Permutations } from './choose.ts';
import { matchByOverlap } from './match.ts';
import { type Overlaps, overlapsIn } from './overlaps.ts';
import { allCandidates } from './sampler.ts';

/** A stage of DETA. */
export interface DetaRule {
  /** A candidate is positive from this IoU with its nearest target on. */
  readonly positive: number;
  /** Whether the candidates that a target overlaps most are positive below that, too. */
  readonly lowQuality: boolean;
  /** Candidates that answer for a target, at most: the paper's K; `Infinity` for no balancing. */
  readonly perTarget: number;
  /** Size of the sample whose share of positives is bounded; absent: as many as there are candidates. */
  readonly sampleSize?: number;
  /** Largest share of positives in that sample. */
  readonly positiveFraction: number;
  /**
   * Whether a candidate answers only for the target it overlaps most, as the paper says. The official code fills a target's places with the
   * candidates it overlaps most, whosever they are, so that one candidate may answer for several.
   */
  readonly respectOwnership: boolean;
  /** Whether a target that overlaps nothing gets no candidate; in the official code every candidate is its best. */
  readonly dropZeroIou: boolean;
  /** Targets that one candidate may answer for, of more the last ones; absent: 1, and 4 without `respectOwnership`. */
  readonly slots?: number;
}

const SHARED = { lowQuality: true, perTarget: 4, respectOwnership: true, dropZeroIou: true } as const;

/** DETA's rule for encoder proposals, compared by their fixed anchors. */
export const detaStage1Rule = {
  ...SHARED,
  positive: 0.7,
  sampleSize: 256,
  positiveFraction: 0.5,
} as const satisfies DetaRule;

/** DETA's rule for decoder queries, compared by the boxes they start from. */
export const detaStage2Rule = { ...SHARED, positive: 0.6, positiveFraction: 0.25 } as const satisfies DetaRule;

/** What the official DETA code does where it differs from the paper: `detaStage2(officialDeta)`. */
export const officialDeta = { respectOwnership: false, dropZeroIou: false } as const satisfies Partial<DetaRule>;

/**
 * The candidates that answer for each target of an image, by target, its best first.
 *
 * Positives are drawn up to the sample's share; the draw only decides how many candidates each target gets, at most `perTarget`. Which
 * ones these are is decided by overlap.
 */
export const detaPairs = (overlaps: Overlaps, rule: DetaRule, permutations: Permutations): Pairs => {
  const { positive, lowQuality, perTarget, positiveFraction, respectOwnership, dropZeroIou } = rule;
  const { targetOf } = matchByOverlap(overlaps, {
    positive,
    negative: positive,
    ...(lowQuality && { lowQuality: { zeroOverlap: !dropZeroIou } }),
  });
  const size = rule.sampleSize ?? overlaps.candidates;
  const most = Math.max(Math.floor(size * positiveFraction), 1);
  const counts = new Int32Array(overlaps.rows.length);
  for (const i of choose(allCandidates(targetOf).positives, most, permutations)) {
    const target = targetOf[i]!;
    counts[target] = Math.min(counts[target]! + 1, perTarget, overlaps.candidates);
  }
  return bestPerTarget(overlaps, counts, {
    zeroOverlap: !dropZeroIou,
    ...(respectOwnership && { allows: (i, target) => targetOf[i] === target }),
  });
};

/** The assignment of pairs sorted by target: a candidate's last target is its class, the ones before it are extra, up to `slots` in all. */
const assignmentOf = (count: number, { candidates, targets }: Pairs, slots: number): Assignment => {
  const uses = new Int32Array(count);
  const order = Array.from(candidates.keys())
    .reverse()
    .filter((k) => ++uses[candidates[k]!]! <= slots);
  return fromPairs(count, {
    candidates: Int32Array.from(order, (k) => candidates[k]!),
    targets: Int32Array.from(order, (k) => targets[k]!),
  });
};

const stage = (name: string, rule: DetaRule): Assigner => {
  const { perTarget, slots = rule.respectOwnership ? 1 : 4 } = rule;
  if (!(perTarget >= 1)) fail('assigner-iou', `perTarget: ${perTarget}`, 'It is at least 1', 'Pass 4');
  return {
    name,
    // JSON has no Infinity.
    options: { ...rule, perTarget: Number.isFinite(perTarget) ? perTarget : 'Infinity', slots },
    cardinality: 'one-to-many',
    slots,
    assign: (candidates, targets, { rng }) => {
      const overlaps = overlapsIn(candidates, targets);
      const assignment = assignmentOf(overlaps.candidates, detaPairs(overlaps, rule, rng), slots);
      candidates.valid?.forEach((valid, i) => {
        if (!valid) assignment.targetOf[i] = IGNORE;
      });
      return assignment;
    },
  };
};

/**
 * DETA's assignment of encoder proposals, to be given their fixed anchors as candidates: IoU from 0.7 on, each target's best, at most 128
 * positives of a sample of 256, at most 4 a target (Ouyang-Zhang et al. 2022). Everything else is background: DETA ignores only
 * what is not valid. Labels play no part; the official code gives every target class 0 here, to learn objectness.
 */
export const detaStage1 = (options: Partial<DetaRule> = {}): Assigner =>
  stage('deta-stage-1', { ...detaStage1Rule, ...options });

/**
 * DETA's assignment of decoder queries, to be given the boxes they start from as candidates, once for all layers: IoU from 0.6 on, each
 * target's best, at most a quarter of the queries positive, at most 4 a target (Ouyang-Zhang et al. 2022).
 */
export const detaStage2 = (options: Partial<DetaRule> = {}): Assigner =>
  stage('deta-stage-2', { ...detaStage2Rule, ...options });
