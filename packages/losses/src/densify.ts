import { type Assignment, fail, IGNORE, type Normalizer, type Targets } from '@detrain/core';

/** Dense targets of one set on the host: flat arrays of `batch * slots * numCandidates` rows. */
export interface DenseArrays {
  /** Class index, or `numClasses` where there is none `[batch, candidates]`. */
  readonly labels: Int32Array;
  /** cx cy w h `[batch, candidates, 4]`; the whole image where there is no target. */
  readonly boxes: Float32Array;
  /** 1 where the candidate answers for a target `[batch, candidates]`. */
  readonly positive: Float32Array;
  /** Weight of the class loss `[batch, candidates]`: 0 where ignored. */
  readonly classWeight: Float32Array;
  /** Weight of the box losses `[batch, candidates]`: 0 where not positive. */
  readonly boxWeight: Float32Array;
  /** Soft class target `[batch, candidates]`: the assignment's, 1 for positives without one, else 0. */
  readonly quality: Float32Array;
}

/** Dense targets of one set with what its sums are divided by. */
export interface DenseHost extends DenseArrays {
  readonly batch: number;
  /** `slots * numCandidates`. */
  readonly candidates: number;
  readonly normalizer: number;
  /** What the normaliser counts; counts of several shares of a batch add up, which normalisers do not. */
  readonly counted: number;
  /** Sum of `positive`. */
  readonly positives: number;
  /** Sum of `classWeight` where not positive. */
  readonly negatives: number;
}

export interface DensifyOptions {
  /** Candidates an image, before they are repeated. */
  readonly numCandidates: number;
  readonly numClasses: number;
  readonly normalizer: Normalizer;
  /** Copies of each target among the candidates (denoising groups): a factor on the `targets` normaliser. Default 1. */
  readonly groups?: number;
  /** Targets a candidate can answer for: candidates are repeated so often, slot by slot. Default 1. */
  readonly slots?: number;
  /** Arrays to write into, for instance views into a larger buffer. */
  readonly out?: DenseArrays;
}

/** Empty arrays for `rows` candidates in all. */
export const denseArrays = (rows: number): DenseArrays => ({
  labels: new Int32Array(rows),
  boxes: new Float32Array(rows * 4),
  positive: new Float32Array(rows),
  classWeight: new Float32Array(rows),
  boxWeight: new Float32Array(rows),
  quality: new Float32Array(rows),
});

/** A view of `rows` candidates of larger arrays, from candidate `start` on. */
export const denseView = (arrays: DenseArrays, start: number, rows: number): DenseArrays => ({
  labels: arrays.labels.subarray(start, start + rows),
  boxes: arrays.boxes.subarray(4 * start, 4 * (start + rows)),
  positive: arrays.positive.subarray(start, start + rows),
  classWeight: arrays.classWeight.subarray(start, start + rows),
  boxWeight: arrays.boxWeight.subarray(start, start + rows),
  quality: arrays.quality.subarray(start, start + rows),
});

/**
 * Lays assignments out one row a candidate, so that losses neither gather nor scatter.
 *
 * With `slots` > 1 the rows of an image are its candidates repeated `slots` times: an extra pair takes the candidate's next free
 * slot, where it counts for the box losses and the normaliser only (a candidate has one class target, that of `targetOf`).
 *
 * @param assignments One an image.
 * @param targets One an image.
 * @throws Where an assignment does not fit the candidates or the targets, a label is outside [0, numClasses), or pairs need more slots.
 */
export const densify = (
  assignments: readonly Assignment[],
  targets: readonly Targets[],
  { numCandidates, numClasses, normalizer, groups = 1, slots = 1, out }: DensifyOptions,
): DenseHost => {
  const batch = assignments.length;
  const candidates = numCandidates * slots;
  const arrays = out ?? denseArrays(batch * candidates);
  clear(arrays, numClasses);
  if (targets.length !== batch)
    fail('losses', `${batch} assignments for ${targets.length} images`, 'One an image is wanted', 'Assign every image');
  let objects = 0;
  let pairs = 0;
  let ignored = 0;
  let quality = 0;

  assignments.forEach((assignment, image) => {
    const target = targets[image] as Targets;
    const { targetOf, extraPairs } = assignment;
    objects += target.labels.length;
    if (targetOf.length !== numCandidates)
      fail(
        'losses',
        `image ${image}: an assignment of ${targetOf.length} candidates`,
        `${numCandidates} are wanted`,
        'Assign the candidates that were given',
      );
    const start = image * candidates;
    const put = (row: number, candidate: number, index: number) => {
      const label = target.labels[index];
      if (label === undefined)
        fail(
          'losses',
          `image ${image}: candidate ${candidate} answers for target ${index} of ${target.labels.length}`,
          'An existing target is wanted',
          'Check the assigner',
        );
      if (!(label >= 0 && label < numClasses))
        fail(
          'losses',
          `image ${image}: target ${index} has class ${label}`,
          `Classes are in [0, ${numClasses})`,
          'Set numClasses to the number of classes of the data set, or map its category ids to 0, 1, 2, …',
        );
      const soft = assignment.quality?.[candidate] ?? 1;
      arrays.labels[row] = label;
      arrays.boxes.set(target.boxes.subarray(4 * index, 4 * index + 4), 4 * row);
      arrays.positive[row] = 1;
      arrays.boxWeight[row] = assignment.boxWeight?.[candidate] ?? 1;
      arrays.quality[row] = soft;
      pairs++;
      quality += soft;
    };
    for (let i = 0; i < numCandidates; i++) {
      const index = targetOf[i] as number;
      if (index === IGNORE) ignored++;
      else arrays.classWeight[start + i] = assignment.classWeight?.[i] ?? 1;
      if (index >= 0) put(start + i, i, index);
    }
    if (!extraPairs) return;
    const used = new Uint8Array(numCandidates).map((_, i) => ((targetOf[i] as number) >= 0 ? 1 : 0));
    extraPairs.candidates.forEach((candidate, k) => {
      const slot = Math.max(used[candidate] ?? 0, 1);
      if (slot >= slots)
        fail(
          'losses',
          `image ${image}: candidate ${candidate} answers for ${slot + 1} targets`,
          `At most ${slots} fit`,
          'Set `slots` of the assigner to the largest number of targets a candidate may have',
        );
      used[candidate] = slot + 1;
      put(start + slot * numCandidates + candidate, candidate, extraPairs.targets[k] as number);
    });
  });

  let negatives = 0;
  arrays.positive.forEach((positive, row) => {
    if (!positive) negatives += arrays.classWeight[row] as number;
  });
  const counted = { targets: objects, pairs, quality, sampled: batch * numCandidates - ignored }[normalizer];
  const divisor = normalizerOf(normalizer, counted, groups);
  return { ...arrays, batch, candidates, normalizer: divisor, counted, positives: pairs, negatives };
};

/** What sums are divided by, from what was counted in the whole batch: at least 1, and `groups` times that for objects. */
export const normalizerOf = (normalizer: Normalizer, counted: number, groups = 1): number =>
  Math.max(counted, 1) * (normalizer === 'targets' ? groups : 1);

const clear = (arrays: DenseArrays, numClasses: number): void => {
  arrays.labels.fill(numClasses);
  arrays.boxes.fill(0.5);
  for (let k = 2; k < arrays.boxes.length; k += 4) arrays.boxes[k] = arrays.boxes[k + 1] = 1;
  for (const values of [arrays.positive, arrays.classWeight, arrays.boxWeight, arrays.quality]) values.fill(0);
};
