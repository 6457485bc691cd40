import {
  type Assignment,
  BACKGROUND,
  type Candidates,
  fail,
  IGNORE,
  inverseSigmoid,
  type KnownQueries,
  type KnownQueriesContext,
  type Targets,
} from '@detrain/core';
import { type ChoiceRule, choosePositives } from './choose.ts';
import { separateSets } from './masks.ts';

/** What an auxiliary head found in one image. */
export interface HeadAssignment {
  readonly candidates: Pick<Candidates, 'boxes'>;
  readonly assignment: Assignment;
  readonly targets: Targets;
}

/** Options of `positiveQueries`. */
export interface PositiveQueriesOptions extends ChoiceRule {
  /** Name of the set, one for each head. Default: `positives`. */
  readonly name?: string;
  /** Candidates at one location of the feature pyramid, for `features`. Default: 1; 9 for RetinaNet's anchors. */
  readonly perLocation?: number;
  /** Queries an image whatever the batch needs, at least `max`, so that shapes do not change; the rest is padding. */
  readonly count?: number;
}

/**
 * Decoder queries that start as an auxiliary head's positives and answer for the same targets. `labels` are the targets' classes,
 * `boxes` the logits of `coordinates`; losses over them are divided by `positives`.
 */
export interface PositiveQueries extends KnownQueries {
  /** cx cy w h of the candidates, not clamped, 0 for padding `[batch * count * 4]`. */
  readonly coordinates: Float32Array;
  /** cx cy w h of the targets, 0 for negatives and padding `[batch * count * 4]`. */
  readonly targetBoxes: Float32Array;
  /** Weight of the class loss: 1, or 0 for padding `[batch * count]`. */
  readonly labelWeights: Float32Array;
  /** Weight of the box losses: 1 for positives, else 0 `[batch * count]`. */
  readonly boxWeights: Float32Array;
  /** Location of the feature vector: the candidate's index over `perLocation`; -1 for padding `[batch * count]`. */
  readonly features: Int32Array;
  /** 1 for padding `[batch * count]`; `paddingMasks` makes each image's attention mask of it. */
  readonly padded: Uint8Array;
  /** Positives among the queries of the batch. */
  readonly positives: number;
}

/**
 * The customised positive queries of Co-DETR (Zong et al. 2023, section 3.3) from an auxiliary head's assignments of a batch.
 *
 * Throws where an assignment does not fit its candidates, or `count` is below `max`.
 */
export const positiveQueries = (
  images: readonly HeadAssignment[],
  { rng, numClasses, numQueries }: KnownQueriesContext,
  { name = 'positives', perLocation = 1, count: fixed, ...rule }: PositiveQueriesOptions = {},
): PositiveQueries => {
  for (const { candidates, assignment } of images)
    if (candidates.boxes.length !== 4 * assignment.targetOf.length)
      fail(
        'positive-queries',
        `an assignment of ${assignment.targetOf.length} for ${candidates.boxes.length / 4} candidates`,
        'It says of every candidate what it answers for',
        'Pass the candidates that were assigned',
      );
  if (fixed !== undefined && fixed < (rule.max ?? 300))
    fail('positive-queries', `count: ${fixed}`, `At least max: ${rule.max ?? 300}`, 'Raise count, or lower max');
  const { count: needed, chosen } = choosePositives(
    images.map(({ assignment }) => assignment),
    rng,
    rule,
  );
  const count = fixed ?? needed;
  const rows = images.length * count;
  const coordinates = new Float32Array(4 * rows);
  const targetBoxes = new Float32Array(4 * rows);
  const labels = new Int32Array(rows).fill(numClasses);
  const features = new Int32Array(rows).fill(-1);
  const padded = new Uint8Array(rows).fill(1);
  const labelWeights = new Float32Array(rows);
  const boxWeights = new Float32Array(rows);
  let positives = 0;

  const assignments = images.map(({ candidates, assignment, targets }, image): Assignment => {
    const targetOf = new Int32Array(count).fill(IGNORE);
    chosen[image]!.forEach((candidate, query) => {
      const row = image * count + query;
      coordinates.set(candidates.boxes.subarray(4 * candidate, 4 * candidate + 4), 4 * row);
      features[row] = Math.floor(candidate / perLocation);
      padded[row] = 0;
      labelWeights[row] = 1;
      const target = assignment.targetOf[candidate]!;
      targetOf[query] = Math.max(target, BACKGROUND);
      if (target < 0) return;
      labels[row] = targets.labels[target]!;
      targetBoxes.set(targets.boxes.subarray(4 * target, 4 * target + 4), 4 * row);
      boxWeights[row] = 1;
      positives++;
    });
    return { targetOf };
  });
  return {
    name,
    count,
    labels,
    boxes: coordinates.map((coordinate) => inverseSigmoid(coordinate)),
    blocked: separateSets(count, needed, numQueries),
    assignments,
    groups: 1,
    coordinates,
    targetBoxes,
    labelWeights,
    boxWeights,
    features,
    padded,
    positives,
  };
};
