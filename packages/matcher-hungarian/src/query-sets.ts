import { type AssignContext, type Assigner, type Candidates, fail, type Targets } from '@detrain/core';
import { bMatching } from './b-matching.ts';
import { type HungarianOptions, hungarian } from './hungarian.ts';

/** Assigns candidates [from, to) alone and writes their targets. */
const assignRange = (
  out: Int32Array,
  from: number,
  to: number,
  assigner: Assigner,
  { boxes, logits, numClasses, valid }: Candidates,
  targets: Targets,
  context: AssignContext,
): void => {
  const part: Candidates = {
    boxes: boxes.subarray(4 * from, 4 * to),
    numClasses,
    ...(logits && { logits: logits.subarray(numClasses * from, numClasses * to) }),
    ...(valid && { valid: valid.subarray(from, to) }),
  };
  out.set(assigner.assign(part, targets, context).targetOf, from);
};

/** Options of `groupMatching`: the cost, and how many equal groups the candidates fall into. */
export interface GroupMatchingOptions extends HungarianOptions {
  readonly groups: number;
}

/**
 * Group matching: candidates fall into equal groups, in order, and each group is matched one-to-one on its own (Group DETR).
 * Throws where the candidates do not divide evenly.
 */
export const groupMatching = ({ groups, ...options }: GroupMatchingOptions): Assigner => {
  if (!(Number.isInteger(groups) && groups >= 1))
    fail('matcher-hungarian', `groups: ${groups}`, 'Candidates fall into a whole number of groups', 'Pass groups: 11');
  const inner = hungarian(options);
  return {
    name: 'group-matching',
    options: { groups, ...inner.options },
    cardinality: 'one-to-many',
    assign: (candidates, targets, context) => {
      const count = candidates.boxes.length / 4;
      const size = count / groups;
      if (!Number.isInteger(size))
        fail(
          'matcher-hungarian',
          `${count} candidates in ${groups} groups`,
          'Groups are equally large',
          'Make numQueries a multiple',
        );
      const targetOf = new Int32Array(count);
      for (let from = 0; from < count; from += size)
        assignRange(targetOf, from, from + size, inner, candidates, targets, context);
      return { targetOf };
    },
  };
};

/** Options of `hybridMatching`. */
export interface HybridMatchingOptions extends HungarianOptions {
  /** Candidates, from the first on, that are matched one-to-one: those that are kept at test time. */
  readonly oneToOne: number;
  /** How many of the others each target gets. */
  readonly copies: number;
}

/** Hybrid matching: the first candidates one-to-one, the others with every target several times (H-DETR, section 3.2). */
export const hybridMatching = ({ oneToOne, copies, ...options }: HybridMatchingOptions): Assigner => {
  if (!(Number.isInteger(oneToOne) && oneToOne >= 0))
    fail(
      'matcher-hungarian',
      `oneToOne: ${oneToOne}`,
      'A whole number of candidates is matched one-to-one',
      'Pass oneToOne: 300',
    );
  const first = hungarian(options);
  const others = bMatching({ copies, ...options });
  return {
    name: 'hybrid-matching',
    options: { oneToOne, copies, ...first.options },
    cardinality: 'one-to-many',
    assign: (candidates, targets, context) => {
      const count = candidates.boxes.length / 4;
      const middle = Math.min(oneToOne, count);
      const targetOf = new Int32Array(count);
      assignRange(targetOf, 0, middle, first, candidates, targets, context);
      assignRange(targetOf, middle, count, others, candidates, targets, context);
      return { targetOf };
    },
  };
};
